/**
 * What fork() costs in the model, and on the kernel under us where there is a C compiler: both in one run, so that the
 * ratios hold on a machine whose speed drifts. Run by `npm run bench`; nothing here is asserted in tests.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose, resolveLanes } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE,
  X86_64 } from '@cowlab/core';

const PAGES = 1 << 20;
const RUNS = 9;
/** The engine compiles the loops during these. */
const WARM_UPS = 4;
const START_VPN = 0x10000;

const measured = [
  { name: 'share-all (linux-5.9, nothing pinned)', pinned: false, goal: 5 },
  { name: 'early copy (linux-5.9, everything pinned)', pinned: true, goal: 10 },
];
const { catalogue } = await openWorkplace(process.cwd());
const lanes = await resolveLanes('linux-5.9', catalogue);

console.log(`fork() of ${PAGES.toLocaleString('en')} touched anonymous pages, x86-64 page tables,
full event log; ns per page, ${RUNS} runs after ${WARM_UPS} to warm up
`);
const results = [];
for (const { name, pinned, goal } of measured) {
  // Turn by turn, because the machine's speed drifts: the ratio is taken pair by pair.
  const [plainRun, watchedRun] = [machine(pinned, 0), machine(pinned, 5)];
  const pairs = [];
  for (let run = 0; run < WARM_UPS + RUNS; run++) {
    const pair = [plainRun(), watchedRun()];
    if (run >= WARM_UPS) pairs.push(pair);
  }
  const ns = sorted(pairs.map(([first]) => first.ns));
  const plain = { ...pairs[0][0], min: ns[0], median: middle(ns) };
  const ratio = middle(sorted(pairs.map(([first, second]) => second.ns / first.ns)));
  results.push(plain);
  console.log(name);
  console.log(`  model: min ${plain.min.toFixed(2)}  median ${plain.median.toFixed(2)}  (goal: at most ${goal})`);
  console.log(`  with five subscribers on events$: ${ratio.toFixed(2)} x  (goal: at most 1.20 x)`);
  console.log(`  memory: ${plain.bytesBefore.toFixed(1)} bytes a page with its page table entry (goal: at most 16),`);
  console.log(`          ${plain.bytesAfter.toFixed(1)} a mapped page once the child is there`);
  console.log(`  ${plain.events.toLocaleString('en')} facts in the log for the ${PAGES.toLocaleString('en')} pages\n`);
}
const kernel = realKernel();
if (kernel === null) console.log('this kernel: no C compiler here, not measured');
else {
  console.log(
    `this kernel's fork() of the same memory: min ${kernel.min.toFixed(1)}  median ${
      kernel.median.toFixed(1)
    } ns per page`,
  );
  console.log(
    `the model shares a page in ${
      (results[0].median / kernel.median).toFixed(2)
    } of the time the kernel takes (median over median)`,
  );
}
await import('./checker.mjs');
await import('./strace.mjs');
await import('./journal.mjs');

/**
 * Between two runs the memory is mapped and touched anew, so that each fork() finds every entry writable, as a first one
 * does, in buffers that the host has handed out already, as a kernel's own memory is.
 */
function machine(pinned, subscribers) {
  const [lab] = compose(lanes, { geometry: X86_64,
    capacity: { pages: PAGES * (pinned ? 2 : 1) + 64, nodes: 2 * (PAGES / 512) + 64 } });
  const must = (command) => {
    const entry = lab.execute(command);
    if (!entry.result.ok) throw new Error(`${command.type}: ${entry.result.why}`);
    return entry;
  };
  let seen = 0;
  for (let i = 0; i < subscribers; i++)
    lab.events$.subscribe(() => {
      seen++;
    });
  const area = { task: 0, addr: START_VPN * 4096, length: PAGES * 4096 };
  must({ type: 'Spawn', task: 0 });
  /** Measured in the first run: later the world holds what earlier runs left room for. */
  let bytesBefore = 0;
  let bytesAfter = 0;
  return () => {
    must({ type: 'Mmap', ...area, prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
    must({ type: 'Store', task: 0, vpn: START_VPN, nr: PAGES, value: 1 });
    bytesBefore ||= lab.world.bytesUsed / lab.world.pagesUsed;
    if (pinned)
      must({ type: 'Pin', task: 0, pin: 0, vpn: START_VPN, nr: PAGES, flags: FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM,
        device: 1, whole: true });
    seen = 0;
    const from = process.hrtime.bigint();
    const entry = must({ type: 'Fork', task: 0, child: 1 });
    const ns = Number(process.hrtime.bigint() - from) / PAGES;
    const events = entry.events.length;
    if (seen !== subscribers * events)
      throw new Error(`subscribers saw ${seen} facts, not ${subscribers} times ${events}`);
    bytesAfter ||= lab.world.bytesUsed / (2 * PAGES);
    must({ type: 'Exit', task: 1 });
    if (pinned) must({ type: 'Unpin', pin: 0 });
    must({ type: 'Munmap', ...area });
    return { ns, events, bytesBefore, bytesAfter };
  };
}

function sorted(numbers) {
  return numbers.sort((a, b) => a - b);
}

function middle(numbers) {
  return numbers[numbers.length >> 1];
}

function realKernel() {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-bench-'));
  try {
    const program = join(folder, 'fork');
    execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('fork.c', import.meta.url))], { stdio: 'ignore' });
    const [min, median] = execFileSync(program, [String(PAGES), '7'], { encoding: 'utf8' }).trim().split(' ').map(
      Number,
    );
    return { min, median };
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
