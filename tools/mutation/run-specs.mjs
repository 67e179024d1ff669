// A child process: runs spec files with one built module replaced. `node run-specs.mjs TASK.json`
// Says on its last line of output, as JSON, what came of it.
import { readFileSync, writeSync } from 'node:fs';
import { register } from 'node:module';
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { sources, built } = JSON.parse(readFileSync(task.layout, 'utf8'));
register('./hooks.mjs', import.meta.url, {
  data: { sources, built, replaced: task.replaced, words: new URL('jest-words.mjs', import.meta.url).href },
});
// A law that fails has failed; the smallest program that breaks it is not asked for.
fc.configureGlobal({ endOnFailure: true });
const { runTests, TestFailed, toldOf } = await import('./jest-words.mjs');

const session = task.coverage === undefined ? null : new Session();
session?.connect();
await session?.post('Profiler.enable');

let now = '';
const say = (what) => writeSync(1, `\n${JSON.stringify(what)}\n`);
process.on('uncaughtException', (error) => {
  say({ failed: true, spec: now, what: String(error?.message ?? error).split('\n')[0] });
  process.exit(1);
});
process.on('unhandledRejection', (error) => {
  throw error;
});
let nrTests = 0;
const times = {};
try {
  for (const spec of task.specs) {
    now = spec;
    say({ begins: spec });
    if (session !== null) {
      await about(spec);
      continue;
    }
    const began = process.cpuUsage();
    nrTests += await runTests(await toldOf(() => import(pathToFileURL(spec).href)));
    // Of the processor: the machine may be busy with other things.
    const { user, system } = process.cpuUsage(began);
    times[spec] = (user + system) / 1000;
  }
} catch (error) {
  const what = error instanceof TestFailed
    ? error.message
    : `cannot be loaded: ${String(error?.message ?? error).split('\n')[0]}`;
  say({ failed: true, spec: now, what });
  process.exit(1);
}
say({ failed: false, nrTests, times });
process.exit(0);

/** For the baseline: says of each spec whether it passes, and what it reaches unless that would take too long. */
async function about(spec) {
  const counted = !task.uncounted.includes(spec);
  if (counted) await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const began = process.cpuUsage();
  let failed = null;
  let nr = 0;
  try {
    nr = await runTests(await toldOf(() => import(pathToFileURL(spec).href)));
  } catch (error) {
    failed = String(error?.message ?? error).split('\n')[0];
  }
  const { user, system } = process.cpuUsage(began);
  const covered = counted && failed === null ? await reached() : null;
  if (counted) await session.post('Profiler.stopPreciseCoverage');
  say({ about: spec, failed, nrTests: nr, ms: Math.round((user + system) / 1000), covered });
}

/** Of each module asked about: stretches of its JavaScript, and whether they ran. */
async function reached() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const asked = new Set(task.coverage);
  const stretches = {};
  for (const { url, functions } of result) {
    if (!asked.has(url)) continue;
    stretches[url] = functions.flatMap(({ ranges }) =>
      ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count > 0 ? 1 : 0])
    );
  }
  return stretches;
}
