/**
 * What fork() costs in the model, and on the kernel under us where there is a C compiler: both in one run, so that the
 * ratios hold on a machine whose speed drifts. Run by `npm run bench`; nothing here is asserted in tests.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, Lab, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, policyOf } from '@cowlab/composition';

const PAGES = 1 << 20;
const RUNS = 9;
/** The engine compiles the loops during these. */
const WARM_UPS = 4;
const START_VPN = 0x10000;

const lanes = [
  { name: 'share-all (linux-5.9, nothing pinned)', policies: 'linux-5.9', pinned: false, target: 5 },
  { name: 'early copy (linux-5.9, all pinned)', policies: 'linux-5.9', pinned: true, target: 10 },
];

console.log(`fork() of ${PAGES.toLocaleString('en')} touched anonymous pages, x86-64 page tables,\nfull event log; ns per page, ${RUNS} runs after ${WARM_UPS} to warm up\n`);
const results = [];
for (const lane of lanes) {
  const policy = await policyOf(lane.policies);
  const plain = measure(policy, lane.pinned, 0);
  const watched = measure(policy, lane.pinned, 5);
  results.push({ ...lane, ...plain, watchedRatio: watched.median / plain.median });
  console.log(lane.name);
  console.log(`  model          min ${plain.min.toFixed(2)}  median ${plain.median.toFixed(2)}   (goal: at most ${lane.target})`);
  console.log(`  five subscribers on events$: ${(watched.median / plain.median).toFixed(2)} x   (goal: at most 1.20 x)`);
  console.log(`  memory: ${plain.bytesPerPage.toFixed(1)} bytes per simulated page, page tables included (goal: 16)`);
  console.log(`  events in the log for this fork(): ${plain.events.toLocaleString('en')}\n`);
}
const kernel = realKernel();
if (kernel === null) console.log('this kernel: no C compiler here, not measured');
else {
  console.log(`this kernel's fork() of the same memory: min ${kernel.min.toFixed(1)}  median ${kernel.median.toFixed(1)} ns per page`);
  console.log(`the model shares a page in ${(results[0].median / kernel.median).toFixed(2)} of the time the kernel takes (median over median)`);
}

function measure(policy, pinned, subscribers) {
  const forks = [];
  let bytesPerPage = 0;
  let events = 0;
  const lab = new Lab({ policy, capacity: { pages: PAGES * (pinned ? 2 : 1) + 64, nodes: 2 * (PAGES / 512) + 64 } });
  const must = (command) => {
    const entry = lab.execute(command);
    if (!entry.result.ok) throw new Error(`${command.type}: ${entry.result.why}`);
    return entry;
  };
  must({ type: 'Spawn', task: 0 });
  must({ type: 'Mmap', task: 0, addr: START_VPN * 4096, length: PAGES * 4096, prot: 3, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  must({ type: 'Store', task: 0, vpn: START_VPN, nr: PAGES, value: 1 });
  if (pinned) must({ type: 'Pin', task: 0, pin: 0, vpn: START_VPN, nr: PAGES, flags: FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, device: 1, whole: true });
  let seen = 0;
  for (let i = 0; i < subscribers; i++) lab.events$.subscribe(() => { seen++; });
  for (let run = 0; run < WARM_UPS + RUNS; run++) {
    const from = process.hrtime.bigint();
    const entry = must({ type: 'Fork', task: 0, child: 1 });
    const ns = Number(process.hrtime.bigint() - from) / PAGES;
    if (run >= WARM_UPS) forks.push(ns);
    events = entry.events.length;
    // Mappings, not frames: a shared page is simulated once for each process that maps it.
    bytesPerPage = lab.world.bytesUsed / lab.world.pages.used;
    must({ type: 'Exit', task: 1 });
    // The child is gone: one touch makes the entries writable again, as a first fork() finds them.
    must({ type: 'Store', task: 0, vpn: START_VPN, nr: PAGES, value: run & 0xff });
  }
  if (subscribers > 0 && seen === 0) throw new Error('the subscribers saw nothing');
  forks.sort((a, b) => a - b);
  return { min: forks[0], median: forks[forks.length >> 1], bytesPerPage, events };
}

function realKernel() {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-bench-'));
  try {
    const program = join(folder, 'fork');
    execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('fork.c', import.meta.url))], { stdio: 'ignore' });
    const [min, median] = execFileSync(program, [String(PAGES), '7'], { encoding: 'utf8' }).trim().split(' ').map(Number);
    return { min, median };
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
