/**
 * How a parameter is written on a command line: `pinned=1,64,256`, `pinned=0..1024:256` in steps, `pages=1..4096*2` in
 * factors, `kind=anon,thp`; the pieces may be mixed.
 */
import { NAME, powers, range, type Value } from './parameters.ts';
import { SweepError } from './sweep-error.ts';

const SHAPE = 'write it as NAME=1,2,3 or NAME=FROM..TO:STEP or NAME=FROM..TO*FACTOR';

export function parseAxis(text: string): readonly [name: string, values: readonly Value[]] {
  const at = text.indexOf('=');
  const [name, list] = [text.slice(0, at < 0 ? text.length : at), at < 0 ? '' : text.slice(at + 1)];
  const where = `--set ${text}`;
  if (!NAME.test(name) || list === '') throw new SweepError(where, 'is no parameter with values', SHAPE);
  return [name, list.split(',').flatMap((piece) => valuesOf(piece.trim(), where))];
}

const NUMBER = '-?\\d+(?:\\.\\d+)?';
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})(?:([:*])(${NUMBER}))?$`);

function valuesOf(piece: string, where: string): readonly Value[] {
  if (piece === '') throw new SweepError(where, 'a value is empty', SHAPE);
  const [all, from, to, kind, by = '1'] = RANGE.exec(piece) ?? [];
  if (all === undefined && piece.includes('..')) throw new SweepError(where, `'${piece}' is no range`, SHAPE);
  if (all !== undefined)
    return kind === '*' ? powers(Number(from), Number(to), Number(by)) : range(Number(from), Number(to), Number(by));
  if (piece === 'true' || piece === 'false') return [piece === 'true'];
  return [new RegExp(`^${NUMBER}$`).test(piece) ? Number(piece) : piece];
}
