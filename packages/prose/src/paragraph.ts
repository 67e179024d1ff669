/** Lines of text, wrapped at blanks. */
import { ascii, asciiLine } from './ascii.ts';
import { COLUMNS } from './columns.ts';

/** A paragraph with every line but the first indented by `indent` more than the first. */
export function paragraph(text: string, first = '', indent = first.length): string[] {
  const [head, ...rest] = wrap(ascii(text), COLUMNS - Math.max(first.length, indent));
  return [first + head, ...rest.map((line) => ' '.repeat(indent) + line)];
}

/** Lines of at most `width`; those after the first begin with `indent`. A word longer than a line is cut. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  /** Where the words of this line begin. */
  let start = 0;
  const end = (): void => {
    lines.push(line);
    line = indent;
    start = indent.length;
  };
  for (const word of text.split(' ')) {
    if (line.length > start && line.length + 1 + word.length > width) end();
    let rest = word;
    for (; line.length === start && line.length + rest.length > width; end()) {
      const fits = width - line.length;
      line += rest.slice(0, fits);
      rest = rest.slice(fits);
    }
    line += line.length === start ? rest : ` ${rest}`;
  }
  return [...lines, line];
}

/** Lines as they may stand in a mail, whatever the text held. */
export function wrapAscii(text: string, width: number, indent = ''): string[] {
  return wrap(asciiLine(text), width, indent);
}
