// Where the repository and its packages are. Shared by the other tools; uses nothing but Node.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** `packages/core`, `plugins/early-cow`, … : every folder that has the file. Same globs as pnpm-workspace.yaml. */
export function packageDirs(file = 'package.json') {
  return ['packages', 'plugins', 'examples', 'editors']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).sort().map((name) => `${group}/${name}`))
    .filter((dir) => existsSync(join(root, dir, file)));
}
