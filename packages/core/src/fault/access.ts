/** CPU loads and stores: what the VMA allows, the faults on the way, the accessed and dirty bits, the byte. */

import { done, type Errno, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, TASK, VM_ACCESS, VM_HUGETLB, VM_READ, VM_SOFT_CLEAN, VM_UFFD, VM_WRITE, VMA } from '../tables/fields.ts';
import { isPresent, isWritable, PTE_DIRTY, PTE_YOUNG } from '../tables/pte.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { prepareAnonVma } from './anon-vma.ts';
import { handleFault } from './fault.ts';
import { hugeEligible, ordersOf } from './folio-orders.ts';
import type { FaultVerdict } from './write-fault.ts';
import { frameAt, leafEntry } from '../page/lookup.ts';
import { ensureTables } from '../page/tables.ts';

/** The value is byte 0 of the last page. */
export function load(k: Kernel, task: number, vpn: number, nr: number): Result {
  const mm = k.world.tasks.get(task, TASK.MM);
  for (let i = 0; i < nr;) {
    const run = k.inBulk ? touchRun(k, mm, vpn + i, nr - i, false) : 0;
    if (run > 0) {
      i += run;
      continue;
    }
    const errno = touch(k, mm, vpn + i, false);
    if (errno !== null) return refuse(errno, `load at page ${(vpn + i).toString(16)}`);
    i++;
  }
  return done(nr === 0 ? 0 : k.world.pages.stamp[frameAt(k.world, mm, vpn + nr - 1)]);
}

export function store(k: Kernel, task: number, vpn: number, nr: number, value: number): Result {
  const mm = k.world.tasks.get(task, TASK.MM);
  for (let i = 0; i < nr;) {
    const run = k.inBulk ? touchRun(k, mm, vpn + i, nr - i, true) : 0;
    if (run === 0) {
      const errno = touch(k, mm, vpn + i, true);
      if (errno !== null) return refuse(errno, `store at page ${(vpn + i).toString(16)}`);
    }
    const stored = Math.max(run, 1);
    k.emit({ type: 'PagesStored', mm, vpn: vpn + i, nr: stored, value });
    i += stored;
  }
  return done();
}

/** Make one access possible. Signals are answers too. */
export function touch(k: Kernel, mm: number, vpn: number, write: boolean): Errno | null {
  while (!translate(k, mm, vpn, write)) {
    const errno = serveFault(k, mm, vpn, write);
    if (errno !== null) return errno;
  }
  return null;
}

/**
 * What the hardware does: an entry that is there decides alone, the VMA is asked by the fault. (6.1's hugetlb copies
 * are writable in mappings that are not.) False: a fault.
 */
export function translate(k: Kernel, mm: number, vpn: number, write: boolean): boolean {
  const w = k.world;
  const entry = leafEntry(w, mm, vpn);
  if (!isPresent(entry) || (write && !isWritable(entry))) return false;
  const vma = vmaOf(w, mm, vpn);
  if (vma === NO_VMA || (w.vmas.get(vma, VMA.FLAGS) & VM_ACCESS) === 0) return false;
  const missing = (write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG) & ~entry;
  if (missing !== 0) k.emit({ type: 'PtesAccessed', mm, vpn, nr: 1, dirty: write });
  return true;
}

/** One fault of a CPU. `decided`: what an earlier step of it came to. */
export function serveFault(k: Kernel, mm: number, vpn: number, write: boolean, decided?: FaultVerdict): Errno | null {
  const vma = vmaOf(k.world, mm, vpn);
  if (vma === NO_VMA) return 'SIGSEGV';
  if ((k.world.vmas.get(vma, VMA.FLAGS) & (write ? VM_WRITE : VM_ACCESS)) === 0) return 'SIGSEGV';
  const errno = handleFault(k, mm, vma, vpn, write ? 'write' : 'read', decided);
  return errno === 'EFAULT' ? 'SIGSEGV' : errno;
}

/**
 * First touches of a run of empty entries of a small-page anonymous VMA, at once. Returns its length; 0 when it is
 * none.
 */
function touchRun(k: Kernel, mm: number, vpn: number, nr: number, write: boolean): number {
  const w = k.world;
  const vma = vmaOf(w, mm, vpn);
  if (vma === NO_VMA || w.vmas.get(vma, VMA.FILE) !== 0) return 0;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if ((flags & (VM_HUGETLB | VM_SOFT_CLEAN | VM_UFFD)) !== 0 || (flags & (write ? VM_WRITE : VM_READ)) === 0
    || ordersOf(k, vma) !== 0
    || hugeEligible(k, mm, vma, vpn))
    return 0;
  const root = w.mms.get(mm, MM.PGD);
  const most = Math.min(w.tables.spanEnd(1, vpn, vpn + nr), w.vmas.get(vma, VMA.END)) - vpn;
  const slot = w.tables.slot(root, 0, vpn);
  let run = 0;
  if (slot < 0) {
    if (w.tables.levelOf(root, vpn) === 1 && w.tables.a[w.tables.slot(root, 1, vpn)] !== 0) return 0;
    run = most;
  } else while (run < most && w.tables.a[slot + run] === 0) run++;
  if (run < 2) return 0;
  const { anonExclusive, zeroPage } = k.policy.traits;
  if (!write && zeroPage === 'mapped') {
    if (!ensureTables(k, mm, vpn, 0)) return 0;
    k.emit({ type: 'ZeroPagesMapped', mm, vpn, nr: run });
    return run;
  }
  const pfn = k.memory.lowest();
  if (pfn < 0) return 0;
  const length = k.memory.runFrom(pfn, run);
  if (!ensureTables(k, mm, vpn, 0) || !prepareAnonVma(k, mm, vma)) return 0;
  k.emit({ type: 'AnonPagesMapped', mm, vpn, nr: length, pfn, write: (flags & VM_WRITE) !== 0,
    exclusive: anonExclusive });
  return length;
}
