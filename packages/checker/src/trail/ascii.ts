/** Text as it may stand in a mail to a kernel list: ASCII, at most 75 columns, wrapped at spaces. */

export const COLUMNS_MAX = 75;

/** One line of printable ASCII; what ASCII cannot say and has no usual spelling becomes '?'. */
export function ascii(text: string): string {
  return text
    .replace(/[\u2010-\u2015\u2018-\u201F\u2026\u2190-\u2192\u2208\u2260\u2264\u2265\u00D7]/g, (sign) => SPELLED[sign] ?? '?')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/[^ -~]/gu, '?')
    .trim();
}

/** Lines of at most `width`; those after the first begin with `indent`. A word longer than a line is cut. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  let empty = true;
  const end = () => {
    lines.push(line);
    line = indent;
    empty = true;
  };
  for (let word of ascii(text).split(' ')) {
    if (!empty && line.length + 1 + word.length > width) end();
    while (line.length + (empty ? 0 : 1) + word.length > width) {
      const fits = width - line.length;
      line += word.slice(0, fits);
      word = word.slice(fits);
      end();
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  end();
  return lines;
}

const SPELLED: Readonly<Record<string, string>> = {
  '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2015': '-',
  '\u2018': "'", '\u2019': "'", '\u201A': "'", '\u201B': "'",
  '\u201C': '"', '\u201D': '"', '\u201E': '"', '\u201F': '"',
  '\u2026': '...', '\u2190': '<-', '\u2192': '->', '\u2208': 'in',
  '\u2260': '!=', '\u2264': '<=', '\u2265': '>=', '\u00D7': 'x',
};
