/**
 * The code that answers, as a hash: units of another build are never mixed with those of this one. Of a checkout the
 * sources count, of an installed cowlab what was built of them; files of policies that lanes name count with the question.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_IN } from '@cowlab/composition';

/** What an outcome can depend on. The command's own text is not among it. */
const PARTS = ['campaign', 'checker', 'composition', 'conformance', 'core', 'experiments', 'oracle', 'plugin-api',
  'runtime', 'scenario', 'testing', 'trial'];

let known: string | null = null;

export function buildHash(): string {
  return (known ??= computed());
}

function computed(): string {
  const hash = createHash('sha256').update(JSON.stringify(BUILT_IN.map(({ id, defaults }) => [id, defaults])));
  for (const folder of folders()) {
    for (const file of codeIn(folder.path))
      hash.update(`${folder.name}/${file}\0`).update(readFileSync(join(folder.path, file))).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

interface Folder {
  readonly name: string;
  readonly path: string;
}

/** Where the code lies: packages beside this one; policies beside them, or in a folder of their own in a checkout. */
function folders(): readonly Folder[] {
  const here = dirname(dirname(fileURLToPath(import.meta.url)));
  /** `src` or `dist`. */
  const kind = basename(here);
  const packages = dirname(dirname(here));
  const plugins = join(dirname(packages), 'plugins');
  const policies = readdirSync(packages).filter((name) => name.startsWith('policy-')).map((name) =>
    join(packages, name)
  );
  if (existsSync(plugins)) policies.push(...readdirSync(plugins).sort().map((name) => join(plugins, name)));
  return [...PARTS.map((name) => join(packages, name)), ...policies]
    .map((path) => ({ name: basename(path), path: join(path, kind) })).filter(({ path }) => existsSync(path));
}

function codeIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:js|ts|c|json)$/.test(file) && !/\.d\.ts$|\.spec\.ts$/.test(file)).sort();
}
