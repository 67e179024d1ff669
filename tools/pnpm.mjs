// Runs the pinned pnpm, also on a machine that has none: `node tools/pnpm.mjs <pnpm arguments>`.
// `node tools/pnpm.mjs bootstrap` installs what the lockfile says, and does nothing when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDirs, root } from './workspace.mjs';

const stampFile = join(root, 'node_modules/.cowlab-stamp');

export function pnpm(args, options = {}) {
  const pin = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split(/[@+]/)[1];
  // Asked outside the repository: inside, another version would first download the pinned one and then claim to be it.
  // (A corepack shim would download as well; it is told not to, fails, and npx takes over.)
  const env = { ...process.env, COREPACK_ENABLE_NETWORK: '0' };
  const onPath = spawnSync('pnpm', ['--version'], { cwd: '/', encoding: 'utf8', env });
  const [command, ...before] = onPath.stdout?.trim() === pin ? ['pnpm'] : ['npx', '--yes', `pnpm@${pin}`];
  return spawnSync(command, [...before, ...args], { cwd: root, stdio: 'inherit', ...options });
}

/** Changes when an install could have a different result. */
function stamp() {
  const manifests = ['.', ...packageDirs()].map((dir) => `${dir}/package.json`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests];
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Returns pnpm's result, or undefined when there was nothing to do. */
export function bootstrap(options) {
  const now = stamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === now) return undefined;
  const result = pnpm(['install', '--frozen-lockfile', '--prefer-offline'], options);
  if (result.status === 0) writeFileSync(stampFile, now);
  return result;
}

export const installHint =
  'If a package.json changed, bring the lockfile up to date first: node tools/pnpm.mjs install';

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const result = args[0] === 'bootstrap' ? bootstrap() : pnpm(args);
  if (args[0] === 'bootstrap' && result && result.status !== 0) console.error(installHint);
  process.exitCode = result ? (result.status ?? 1) : 0;
}
