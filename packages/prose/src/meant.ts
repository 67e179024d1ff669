/** The word that somebody meant who typed one that does not exist. */

/**
 * The nearest of `known`, or null when none is a likely slip of the finger. Capitals do not count, and neither does
 * what comes after `lengthMax` letters: a word that long is no slip.
 */
export function nearestWord(word: string, known: readonly string[], lengthMax = 40): string | null {
  const typed = word.slice(0, lengthMax).toLowerCase();
  const [near] = known
    .map((candidate) => ({ candidate, slips: slipsBetween(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, slips }) => slips * 3 <= Math.max(typed.length, candidate.length))
    .sort((a, b) => a.slips - b.slips);
  return near?.candidate ?? null;
}

/** As the mend of an error: the nearest word, else all of them. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === null ? `known: ${known.join(', ')}` : `did you mean '${near}'?`;
}

/** Insert, drop, replace, or swap two neighbours: each counts one, since a swap is one slip of the hand. */
function slipsBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? rows[i - 2][j - 2] + 1 : Infinity;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced, swapped);
    }
  }
  return rows[from.length][to.length];
}
