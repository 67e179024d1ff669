/** Damages lines of a recording, as disks, editors and mailers do, to see that no verdict comes of it that is too good. */

/** A number in [0, 1), the same every time for one seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type DamageKind = 'char' | 'cut' | 'head' | 'join' | 'insert' | 'drop' | 'twice' | 'swap';
/** What leaves a line that nobody wrote: it can be noticed. (A line that is gone, or there twice, may be as it was.) */
export const NOTICEABLE: readonly DamageKind[] = ['char', 'cut', 'head', 'insert'];
export const DAMAGES: readonly DamageKind[] = [...NOTICEABLE, 'join', 'drop', 'twice', 'swap'];

const PUT = ['0', 'f', 'x', ' ', '"', '(', ')', '[', '{', '}', ',', '=', '|', '<', '>', '?', '-', '\\', '\t', '\u0000',
  'é', 'Z'];
const GARBAGE = [' <unfinished ...>', '<... mmap resumed>', ') = 0', '= -1 ENOMEM (x)', '/*', '*/', '[pid 7] ', '\r',
  '{{{{{{{{', '0x'];

/** `lines` with one of them damaged; the line's index is chosen unless it is given. */
export function damaged(
  lines: readonly string[],
  kind: DamageKind,
  random: () => number,
  index = pick(lines.length, random),
): string[] {
  const line = lines[index] ?? '';
  const at = pick(line.length + 1, random);
  const before = lines.slice(0, index);
  const after = lines.slice(index + 1);
  switch (kind) {
    case 'char': {
      const chars = [...line];
      for (let nr = 1 + pick(3, random); nr > 0; nr--)
        chars[pick(chars.length, random)] = PUT[pick(PUT.length, random)];
      return [...before, chars.join(''), ...after];
    }
    case 'cut':
      return [...before, line.slice(0, at), ...after];
    case 'head':
      return [...before, line.slice(at), ...after];
    case 'insert':
      return [...before, line.slice(0, at) + GARBAGE[pick(GARBAGE.length, random)] + line.slice(at), ...after];
    case 'join':
      return [...before, line + (after[0] ?? ''), ...after.slice(1)];
    case 'drop':
      return [...before, ...after];
    case 'twice':
      return [...before, line, line, ...after];
    case 'swap':
      return [...before, ...after.slice(0, 1), line, ...after.slice(1)];
  }
}

export const pick = (nr: number, random: () => number): number => Math.floor(random() * nr);
