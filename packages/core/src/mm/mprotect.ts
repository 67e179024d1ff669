/** @kernel mm/mprotect.c do_mprotect_pkey(), mprotect_fixup(), change_protection() */

import { type CommandOf, PROT_EXEC, PROT_READ, PROT_WRITE } from '../commands.ts';
import { done, type Errno, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { FILE, FILE_KIND, MM, TASK, VM_ACCESS, VM_ACCOUNT, VM_EXEC, VM_HUGETLB, VM_LOCKED, VM_MAYREAD, VM_READ,
  VM_SHARED, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_EXCLUSIVE } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isWatched, pfnOf, PTE_DIRTY } from '../tables/pte.ts';
import { vmaOf, NO_VMA } from '../vma/list.ts';
import { changeFlags, forVmasIn } from '../vma/split.ts';
import { populate } from './populate.ts';
import { isAligned, pageUp } from './range.ts';

const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

export function mprotect(k: Kernel, c: CommandOf<'Mprotect'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  if (!isAligned(c.addr)) return refuse('EINVAL', 'mprotect: the address is not page aligned');
  if (c.length === 0) return done();
  if (c.addr + c.length > Number.MAX_SAFE_INTEGER) return refuse('ENOMEM', 'mprotect: address and length overflow');
  if ((c.prot & ~PROT_ALL) !== 0) return refuse('EINVAL', 'mprotect: unknown protection bits');
  const start = c.addr / PAGE_SIZE;
  const end = start + pageUp(c.length);
  if (vmaOf(w, mm, start) === NO_VMA) return refuse('ENOMEM', 'mprotect: nothing is mapped at the address');
  let reached = start;
  const { errno } = forVmasIn(k, mm, start, end, (vma) => {
    // A hole ends the call, with what lies before it changed.
    if (w.vmas.get(vma, VMA.START) > reached) return 'ENOMEM';
    reached = w.vmas.get(vma, VMA.END);
    const old = w.vmas.get(vma, VMA.FLAGS);
    // VM_MAYREAD and its neighbours stand four bits above VM_READ and its.
    if ((accessOf(c.prot) & ~((old / (VM_MAYREAD / VM_READ)) & VM_ACCESS)) !== 0) return 'EACCES';
    return (old & VM_ACCESS) === accessOf(c.prot) ? 'skip' : 'cut';
  }, (vma) => protectVma(k, mm, vma, c.prot));
  if (errno !== null)
    return refuse(errno === 'EAGAIN' ? 'ENOMEM' : errno,
      'mprotect: a hole, a limit, or a permission the mapping may not have');
  return reached < end ? refuse('ENOMEM', 'mprotect: the range runs past the last mapping') : done();
}

const accessOf = (prot: number): number =>
  (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0);

function protectVma(k: Kernel, mm: number, vma: number, prot: number): Errno | null {
  const { vmas } = k.world;
  const start = vmas.get(vma, VMA.START);
  const end = vmas.get(vma, VMA.END);
  const old = vmas.get(vma, VMA.FLAGS);
  let flags = (old & ~VM_ACCESS) | accessOf(prot);
  if ((flags & VM_WRITE) !== 0 && (old & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED)) === 0) {
    if (!k.allocates('commit-charge')) return 'ENOMEM';
    flags |= VM_ACCOUNT;
  } else if ((flags & VM_WRITE) === 0 && k.policy.traits.mprotectUncharges && isUntouched(k, vma)) flags &= ~VM_ACCOUNT;
  changeFlags(k, mm, vma, flags);
  changeProtection(k, mm, start, end, prot === 0);
  // Locked private memory that becomes writable is copied now, so that no later write has to wait for it.
  if ((old & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED && (flags & VM_WRITE) !== 0) populate(k, mm, start, end);
  return null;
}

/** Anonymous memory that never held a page of its own. */
function isUntouched(k: Kernel, vma: number): boolean {
  return k.world.vmas.get(vma, VMA.FILE) === 0 && k.world.vmas.get(vma, VMA.ANON_VMA) === 0;
}

/** Runs of entries that come out alike. @kernel mm/mprotect.c change_pte_range() */
function changeProtection(k: Kernel, mm: number, start: number, end: number, none: boolean): void {
  const w = k.world;
  const { tables } = w;
  const root = w.mms.get(mm, MM.PGD);
  if (root < 0) return;
  const vma = vmaOf(w, mm, start);
  for (let vpn = start; vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const entry = tables.a[tables.slot(root, level, vpn)];
    if (level > 0) {
      const next = tables.spanEnd(level, vpn, end);
      if (isHuge(entry))
        k.emit({ type: 'PtesProtected', mm, vpn, nr: next - vpn, write: comesOutWritable(k, vma, entry), none });
      vpn = next;
      continue;
    }
    if (!isPresent(entry)) {
      vpn++;
      continue;
    }
    const write = comesOutWritable(k, vma, entry);
    const last = tables.spanEnd(1, vpn, end);
    const slot = tables.slot(root, 0, vpn);
    let nr = 1;
    while (vpn + nr < last && isPresent(tables.a[slot + nr]) && comesOutWritable(k, vma, tables.a[slot + nr]) === write)
      nr++;
    k.emit({ type: 'PtesProtected', mm, vpn, nr, write, none });
    vpn += nr;
  }
}

function comesOutWritable(k: Kernel, vma: number, entry: number): boolean {
  const w = k.world;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if ((flags & VM_WRITE) === 0 || isSpecial(entry) || isWatched(entry)) return false;
  if ((flags & VM_SHARED) !== 0) return w.files.get(w.vmas.get(vma, VMA.FILE), FILE.KIND) === FILE_KIND.memfd;
  const meta = w.pages.meta[pfnOf(entry)];
  const { mprotectWritable } = k.policy.traits;
  if (mprotectWritable === 'exclusive-dirty' && (entry & PTE_DIRTY) === 0) return false;
  return mprotectWritable !== 'never' && (flags & VM_HUGETLB) === 0
    && (meta & (PG_ANON | PG_EXCLUSIVE)) === (PG_ANON | PG_EXCLUSIVE);
}
