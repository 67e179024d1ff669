/** Text as a mail, a log and a terminal all show it: printable ASCII. */

/** What ASCII cannot say and has no usual spelling becomes '?'. */
export function ascii(text: string): string {
  return text.replace(SIGNS, (sign) => SPELLED[sign] ?? '?').replace(/[^ -~]/gu, '?');
}

/** The same on one line: runs of blanks, line ends and control characters become one blank. */
export function asciiLine(text: string): string {
  return ascii(text.replace(/[\p{Cc}\p{Z}]+/gu, ' ')).trim();
}

const SPELLED: Readonly<Record<string, string>> = { '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-',
  '\u2014': '-', '\u2015': '-', '\u2018': "'", '\u2019': "'", '\u201A': "'", '\u201B': "'", '\u201C': '"',
  '\u201D': '"', '\u201E': '"', '\u201F': '"', '\u2026': '...', '\u2190': '<-', '\u2192': '->', '\u2208': 'in',
  '\u2260': '!=', '\u2264': '<=', '\u2265': '>=', '\u00D7': 'x' };
const SIGNS = new RegExp(`[${Object.keys(SPELLED).join('')}]`, 'g');
