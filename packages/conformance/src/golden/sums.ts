/**
 * SHA256SUMS beside recordings, as `sha256sum` writes it: who keeps recordings for years finds out that a file changed.
 * A folder without it is read as it is.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompositionError } from '@cowlab/composition';

export const SUMS = 'SHA256SUMS';

/** By file name; null: the folder has none. @throws CompositionError */
export function readSums(folder: string): ReadonlyMap<string, string> | null {
  const path = join(folder, SUMS);
  if (!existsSync(path)) return null;
  const sums = new Map<string, string>();
  readFileSync(path, 'utf8').split('\n').forEach((line, at) => {
    if (line.trim() === '') return;
    const [, sum, name] = /^([0-9a-f]{64}) [ *](\S.*)$/.exec(line) ?? [];
    if (name === undefined)
      throw new CompositionError(`${SUMS}:${at + 1}`, 'is no line of sha256sum', again('...'));
    sums.set(name, sum);
  });
  return sums;
}

/** @throws CompositionError when the file is not what the sums say of it */
export function checkSum(folder: string, name: string, sums: ReadonlyMap<string, string> | null): void {
  if (sums === null) return;
  const expected = sums.get(name);
  if (expected === undefined)
    throw new CompositionError(`${name}:1`, `is not in ${SUMS}`, again(name));
  const found = createHash('sha256').update(readFileSync(join(folder, name))).digest('hex');
  if (found !== expected)
    throw new CompositionError(`${name}:1`,
      `is not what ${SUMS} says of it (${found.slice(0, 12)} is not ${expected.slice(0, 12)})`,
      `copy it again, or, if it was to change: ${again(name)}`);
}

const again = (name: string): string => `in its folder: sha256sum ${name} >> ${SUMS}, and drop its old line`;
