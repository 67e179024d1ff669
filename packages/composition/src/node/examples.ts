/**
 * What comes along: scenarios, races and recordings to begin with. In a checkout each lies where it is worked on;
 * packed,
 * all lie in one folder of this package. Whoever names `examples/...` where he has no such file means one of these.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From src/ and from dist/ alike. */
const PACKED = fileURLToPath(new URL('../../examples/', import.meta.url));
const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));

/** By the name that each has below `examples/`: where it is in a checkout. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  golden: 'packages/oracle/fixtures/golden',
  litmus: 'examples/litmus',
  'pinned-share.cow': 'packages/cli/fixtures/pinned-share.cow',
  races: 'examples/races',
  'rdma.cow': 'packages/cli/fixtures/rdma.cow',
  recordings: 'packages/trace/fixtures',
  situations: 'examples/situations',
};

/** Path of what comes along as `name`: `races`, `recordings/uring-fork`. It need not be there. */
export function examplePath(name: string): string {
  if (existsSync(PACKED)) return join(PACKED, name);
  const [first, ...rest] = name.split('/');
  return join(CHECKOUT, EXAMPLES[first] ?? join('examples', first), ...rest);
}

/** What is handed in for a file where the text comes through a pipe. */
export const STDIN = '-';

/** Path of what somebody in `cwd` hands in: of his own, or of ours where he has none and it begins with `examples/`. */
export function inputPath(argument: string, cwd: string): string {
  if (argument === STDIN) return STDIN;
  const own = resolve(cwd, argument);
  const [, name] = /^(?:\.\/)?examples\/+(.*)$/.exec(argument) ?? [];
  if (name === undefined || isThere(own)) return own;
  const ours = examplePath(name);
  return isThere(ours) ? ours : own;
}

/** A recording is named without its endings. */
const isThere = (path: string): boolean => ['', '.strace', '.strace.gz'].some((ending) => existsSync(path + ending));
