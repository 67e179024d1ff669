/** The letters of a page, in the order in which recordings write them. */

const ORDER = 'xfsuAETHhtZK';

export type Letter = 'x' | 'f' | 's' | 'u' | 'A' | 'E' | 'T' | 'H' | 'h' | 't' | 'Z' | 'K';

/** One bit a letter. */
export const LETTER = Object.fromEntries([...ORDER].map((letter, at) => [letter, 1 << at])) as Readonly<
  Record<Letter, number>
>;

const texts: (string | undefined)[] = [];

/** The same string for the same bits: thousands of pages have the same few. */
export function flagsText(bits: number): string {
  return (texts[bits] ??= [...ORDER].filter((_, at) => (bits & (1 << at)) !== 0).join(''));
}

/** What `flagsText` turns back into text. Letters that nobody here knows are passed over. */
export function flagsBits(text: string): number {
  let bits = 0;
  for (const letter of text) bits |= LETTER[letter as Letter] ?? 0;
  return bits;
}
