/**
 * A shell command on lines of at most 75 ASCII columns that a shell reads as the same words. Lines are broken between
 * words if possible; a longer word is broken inside, where its quoting must be kept: hence the walk over the quotes.
 */
import { COLUMNS } from '@cowlab/prose';

type Quote = '' | "'" | '"';

/** What must not be torn: a character, or a backslash with the character it escapes. */
interface Atom {
  readonly text: string;
  /** The quotes that are open before and after it. */
  readonly before: Quote;
  readonly after: Quote;
}

export function commandLines(command: string, indent = '  '): string[] {
  const lines: string[] = [];
  let line = indent;
  let fresh = true;
  for (const word of words(command)) {
    const length = word.reduce((sum, { text }) => sum + text.length, 0);
    if (!fresh && line.length + 1 + length > ROOM) {
      lines.push(`${line} \\`);
      line = `${indent}  `;
      fresh = true;
    }
    if (!fresh) line += ' ';
    fresh = false;
    for (const { text, before, after } of word) {
      // Room for the closing quote, too; the next line starts in the first column, or the shell would see a new word.
      if (line.length + text.length + after.length > ROOM) {
        lines.push(before === "'" ? `${line}'\\` : `${line}\\`);
        line = before === "'" ? "'" : '';
      }
      line += text;
    }
  }
  return fresh ? lines : [...lines, line];
}

/** A line may still need " \". */
const ROOM = COLUMNS - 2;

function words(command: string): Atom[][] {
  const found: Atom[][] = [];
  let word: Atom[] = [];
  let quote: Quote = '';
  for (const [text] of command.matchAll(/\\?[^]/gu)) {
    // Between single quotes a backslash escapes nothing.
    const parts: readonly string[] = quote === "'" ? [...text] : [text];
    for (const part of parts) {
      // Somebody broke the line already.
      if (part === '\\\n') continue;
      if (quote === '' && /^[ \t\n]$/.test(part)) {
        if (word.length > 0) found.push(word);
        word = [];
        continue;
      }
      const before: Quote = quote;
      if ((part === "'" || part === '"') && (quote === '' || quote === part)) quote = quote === '' ? part : '';
      word.push({ text: inAscii(part, before), before, after: quote });
    }
  }
  // A quote that somebody left open: closed, or what follows in the shell would belong to it.
  if (quote !== '') word.push({ text: quote, before: quote, after: '' });
  return word.length > 0 ? [...found, word] : found;
}

/** Other characters by their UTF-8 bytes in $'…', which needs the quotes around it closed. */
function inAscii(text: string, quote: Quote): string {
  // A blank at the end of a line would be lost on the way.
  if (text === '\\ ' && quote === '') return "' '";
  if (/^[ -~]+$/.test(text)) return text;
  const meant = quote === '' ? text.replace(/^\\/, '') : text;
  const escaped = [...meant].map((character) =>
    utf8(character.codePointAt(0) ?? 0).map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  );
  return `${quote}$'${escaped.join('')}'${quote}`;
}

/** Without TextEncoder, which plain ES2023 does not declare. */
function utf8(point: number): number[] {
  const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x80) return [point];
  if (point < 0x800) return [0xc0 | (point >> 6), tail(0)];
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
