// `npm run litmus`: the memory models against verdicts that are known, outside jest, as long as the tables may be.
// `npm run litmus -- armv8=aarch64.verdicts.tsv tso=x86.verdicts.tsv`
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const { answer, generate, parseNames } = await import(
  pathToFileURL(join(root, 'packages/checker/dist/litmus.js')).href
);
const given = process.argv.slice(2);
const tables = given.length > 0
  ? given
  : ['armv8', 'tso'].map((memory) =>
    `${memory}=${join(root, 'examples/litmus', `${memory === 'tso' ? 'x86' : 'aarch64'}.verdicts.tsv`)}`
  );
for (const table of tables) {
  const [, memory, file] = /^(armv8|tso)=(.+)$/.exec(table) ?? [];
  if (file === undefined) {
    console.error(`litmus: ${table} is no table; give armv8=FILE or tso=FILE`);
    process.exit(2);
  }
  const [odd, unknown, times] = [[], [], []];
  const named = parseNames(readFileSync(file, 'utf8'), file);
  for (const { name, known } of named) {
    const began = performance.now();
    const test = generate(name, memory === 'tso' ? 'X86' : 'AArch64');
    const verdict = test === null ? null : answer(test, memory);
    if (verdict === null) unknown.push(name);
    else {
      times.push(performance.now() - began);
      if (known !== null && verdict !== known) odd.push(`${name} is ${verdict}, and ${known} is what the table says`);
    }
  }
  times.sort((a, b) => a - b);
  const share = (part, whole) => `${(100 * part / Math.max(whole, 1)).toFixed(1)} %`;
  console.log(
    `${memory}: ${times.length} of ${named.length} names understood (${share(times.length, named.length)}), ${
      times.length - odd.length
    } agree (${share(times.length - odd.length, times.length)}), median ${
      (times[times.length >> 1] ?? 0).toFixed(2)
    } ms, longest ${(times.at(-1) ?? 0).toFixed(0)} ms`,
  );
  if (unknown.length > 0) console.log(`  not understood: ${unknown.join(' ')}`);
  for (const line of odd) console.log(`  ${line}`);
  if (odd.length > 0) process.exitCode = 1;
}
