// `tsc -b` over the whole repository, and the page of the studio. Project references have no globs, so a new folder under packages/, plugins/ or
// examples/ is first added to tsconfig.json: nobody has to remember it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDirs, root } from './workspace.mjs';

export const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');

/** Returns the folders that were missing from tsconfig.json or are gone. */
export function syncReferences() {
  const file = join(root, 'tsconfig.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  const before = config.references.map(({ path }) => path);
  const after = packageDirs('tsconfig.json');
  if (before.join() === after.join()) return [];
  writeFileSync(file, `${JSON.stringify({ ...config, references: after.map((path) => ({ path })) }, null, 2)}\n`);
  return [...after.filter((path) => !before.includes(path)), ...before.filter((path) => !after.includes(path))];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const changed = syncReferences();
  if (changed.length > 0) console.log(`tsconfig.json: references updated (${changed.join(', ')})`);
  process.exitCode = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' }).status ?? 1;
  // Loaded here: whoever only wants the rest of this file may have nothing installed yet.
  await (await import('./studio-page.mjs')).buildPageIfStale();
}
