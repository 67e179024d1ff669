/** Words of a line and where they stand, counted as editors count: from 0, in UTF-16 units. */
export interface WordAt {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** None in a comment. */
export function wordsIn(line: string): readonly WordAt[] {
  const words = Array.from(line.matchAll(/\S+/g),
    ({ 0: text, index }) => ({ text, start: index, end: index + text.length }));
  return words[0]?.text.startsWith('#') ? [] : words;
}

/** The word that a cursor stands in or at the end of, and its number; at a blank, an empty one that begins there. */
export function wordAt(
  line: string,
  column: number,
): { readonly words: readonly WordAt[]; readonly at: number; readonly word: WordAt } | null {
  if (line.trimStart().startsWith('#')) return null;
  const words = wordsIn(line);
  const found = words.findIndex(({ start, end }) => start <= column && column <= end);
  if (found >= 0) return { words, at: found, word: words[found] };
  return { words, at: words.filter(({ end }) => end < column).length, word: { text: '', start: column, end: column } };
}
