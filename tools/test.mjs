// `npm test`: everything that must hold, cheapest first; stops at the first failure and shows its output.
// `npm test -- fork` hands `fork` to jest (after the other steps). A tree that passed and did not change since is told so
// at once; `npm test -- --again` runs all the same.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { syncReferences, tsc } from './build.mjs';
import { bootstrap, installHint } from './pnpm.mjs';
import { rememberTested, testedAlready, treeStamp } from './tested.mjs';
import { root } from './workspace.mjs';

const captured = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 };
const color = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {};
const again = process.argv.includes('--again');
const jestArgs = process.argv.slice(2).filter((arg) => arg !== '--again');
const stamp = jestArgs.length > 0 ? null : treeStamp();
const passedBefore = again ? null : testedAlready(stamp);
if (passedBefore !== null) {
  console.log('Nothing changed since all of it passed (npm test -- --again runs it all the same).');
  console.log(passedBefore);
  process.exit(0);
}

/** Runs the bin of an installed package with this Node, which spares the shell wrapper. */
function bin(name, args, { env = {}, ...options } = {}) {
  const dir = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const file = join(dir, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]));
  const variables = { ...process.env, ...color, ...env };
  return spawnSync(process.execPath, [file, ...args], { ...captured, env: variables, ...options });
}

/** Jest's own summary of the tests, once they ran. */
let tests = '';

const steps = {
  install: () => {
    const result = bootstrap(captured);
    if (result && result.status !== 0) result.stderr += `\n${installHint}\n`;
    return result ?? { status: 0, note: 'nothing changed' };
  },
  build: () => {
    const changed = syncReferences();
    const result = spawnSync(process.execPath, [tsc, '-b'], captured);
    return { ...result, note: changed.length > 0 ? `tsconfig.json: references updated (${changed.join(', ')})` : '' };
  },
  page: () => spawnSync(process.execPath, [join(root, 'tools/studio-page.mjs'), '--if-stale'], captured),
  format: () => spawnSync(process.execPath, [join(root, 'tools/format.mjs'), '--check'], captured),
  types: () => spawnSync(process.execPath, [tsc, '-p', 'tsconfig.check.json'], captured),
  lint: () =>
    bin('eslint', [
      // By content, not by time: switching branches back and forth keeps the cache.
      ...['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'],
      ...['--max-warnings', '0', '.'],
    ]),
  layers: () =>
    bin('dependency-cruiser', [
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'],
      ...['packages', 'plugins', 'examples', 'editors'].filter((dir) => existsSync(join(root, dir))),
    ]),
  jest: () => {
    // ESM in jest still hides behind a flag, and Node says so once per worker.
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const env = { NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].filter(Boolean).join(' ') };
    if (jestArgs.length > 0) return bin('jest', jestArgs, { env, stdio: 'inherit' });
    const result = bin('jest', [], { env: { ...env, FORCE_COLOR: '0' } });
    const [, counts = ''] = /^Tests: +(.*)$/m.exec(result.stderr) ?? [];
    tests = counts;
    return { ...result, note: counts };
  },
};

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const began = performance.now();
for (const [name, run] of Object.entries(steps)) {
  const start = performance.now();
  process.stdout.write(name.padEnd(9));
  const { status, error, stdout, stderr, note } = run();
  const ok = status === 0;
  console.log(`${seconds(start).padStart(7)}  ${ok ? (note ?? '') : 'FAILED'}`.trimEnd());
  if (ok) continue;
  process.stdout.write(`\n${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  process.exit(1);
}
console.log(`${'all'.padEnd(9)}${seconds(began).padStart(7)}`);
// The closing line that CI systems look for.
if (tests !== '') {
  const count = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(tests)?.[1] ?? 0);
  const skipped = count('skipped');
  const counts = `${count('passed')} passed, ${count('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  rememberTested(stamp, counts);
  console.log(counts);
}
