/** Numbers as text. */

/** `1, 2, 3, 7` as `1-3,7`, and what goes on in equal steps as `1,3,...,19`. */
export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const texts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    const step = sorted[at + 1] - sorted[at];
    let end = at + 1;
    while (end < sorted.length && sorted[end] - sorted[end - 1] === step) end++;
    // Three in a row of larger steps are as short written out.
    const nr = step === 1 || end - at >= STEPS_MIN ? end - at : 1;
    const [first, last] = [sorted[at], sorted[at + nr - 1]];
    texts.push(nr === 1 ? `${first}` : step === 1 ? `${first}-${last}` : `${first},${first + step},...,${last}`);
    at += nr;
  }
  return texts.join(',');
}

const STEPS_MIN = 5;

export function count(nr: number, one: string, many = `${one}s`): string {
  return `${nr} ${nr === 1 ? one : many}`;
}
