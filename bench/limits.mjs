/**
 * How the costs of large scenarios grow: CPU time of `cowlab run` at two sizes, and the slope between them on log scales
 * (1: in proportion; goal: at most 1.15). `node bench/limits.mjs [small|large]`; large has 10^6 swapped pages, 65,530 VMAs
 * over fork() and 10^6 lines, and takes minutes. (A scenario has at most 4,096 regions.)
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../packages/cli/dist/index.js';

const GOAL = 1.15;
const isLarge = process.argv[2] === 'large';
const lines = (nr, line) => Array.from({ length: nr }, (_, at) => line(at)).join('\n');

/** What grows, its larger size, and the scenario of a size. */
const measured = [
  ['pages swapped out, in and out again', isLarge ? 1_000_000 : 80_000, (n) =>
    `mmap 0 0 anon ${n}
mlock 0 0 0 ${n}
munlock 0 0 0 ${n}
swapout 0 0 0 ${n}
mlock 0 0 0 ${n}
munlock 0 0 0 ${n}
swapout 0 0 0 ${n}`],
  // Every other page is a VMA of its own: N changes make 2 N of them.
  ['VMAs over fork()', isLarge ? 32_764 : 8_000, (n) =>
    `mmap 0 0 anon ${2 * n}
${lines(n, (at) => `mprotect 0 0 ${2 * at} 1 r`)}
fork 0 1`],
  ['regions', 4_096, (n) => lines(n, (at) => `mmap 0 ${at} anon 1`)],
  ['lines', isLarge ? 1_000_000 : 40_000, (n) => `mmap 0 0 anon 1\n${lines(n - 2, () => 'write 0 0 0 1')}`],
];

const folder = mkdtempSync(join(tmpdir(), 'cowlab-limits-'));
try {
  await cpuSeconds('mmap 0 0 anon 1');
  for (const [what, size, scenario] of measured) {
    const [few, many] = [await cpuSeconds(scenario(size / 4)), await cpuSeconds(scenario(size))];
    const slope = Math.log(many / few) / Math.log(4);
    console.log(`${size.toLocaleString('en')} ${what}: ${many.toFixed(2)} s, a quarter of them ${few.toFixed(2)} s, `
      + `slope ${slope.toFixed(2)} (goal: at most ${GOAL})`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function cpuSeconds(steps) {
  writeFileSync(join(folder, 'n.cow'), `question How long does it take?\n${steps}\n`);
  const said = { err: '' };
  const io = { cwd: folder, env: {}, stdout: { write: () => true }, stderr: { write: (text) => (said.err += text) } };
  const before = process.cpuUsage();
  const code = await main(['run', 'n.cow', '--policy', 'linux-6.18'], io);
  const { user, system } = process.cpuUsage(before);
  if (code !== 0) throw new Error(said.err);
  return (user + system) / 1e6;
}
