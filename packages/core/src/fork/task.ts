/**
 * Tasks and the mms they run in: fork(), clone(CLONE_VM), execve(), exit; brk() and mlock(), which belong to one mm.
 */

import { type CommandOf, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { forkMm } from './fork.ts';
import { MM, TASK, VM_HUGETLB, VM_LOCKED, VMA } from '../tables/fields.ts';
import { changeFlags, forVmasIn } from '../vma/split.ts';
import { mmput } from '../mm/exit.ts';
import { mmap, overlaps } from '../mm/mmap.ts';
import { unmapRange } from '../mm/munmap.ts';
import { populate } from '../mm/populate.ts';
import { isAligned, pageUp } from '../mm/range.ts';

export function spawn(k: Kernel, c: CommandOf<'Spawn'>): Result {
  if (k.world.tasks.isLive(c.task)) return refuse('EEXIST', `task ${c.task} runs already`);
  const mm = k.world.mms.nextFree();
  k.emit({ type: 'MmCreated', mm, from: -1 });
  k.emit({ type: 'TaskStarted', task: c.task, mm, parent: -1 });
  return done(c.task);
}

export function fork(k: Kernel, c: CommandOf<'Fork'>): Result {
  if (k.world.tasks.isLive(c.child)) return refuse('EEXIST', `task ${c.child} runs already`);
  const to = k.world.mms.nextFree();
  const result = forkMm(k, k.world.tasks.get(c.task, TASK.MM), to);
  if (!result.ok) return result;
  k.emit({ type: 'TaskStarted', task: c.child, mm: to, parent: c.task });
  return done(c.child);
}

export function cloneVm(k: Kernel, c: CommandOf<'CloneVm'>): Result {
  if (k.world.tasks.isLive(c.child)) return refuse('EEXIST', `task ${c.child} runs already`);
  k.emit({ type: 'TaskStarted', task: c.child, mm: k.world.tasks.get(c.task, TASK.MM), parent: c.task });
  return done(c.child);
}

/** The task gets an empty mm; its old one goes with its last user. @kernel fs/exec.c exec_mmap() */
export function execve(k: Kernel, c: CommandOf<'Execve'>): Result {
  const old = k.world.tasks.get(c.task, TASK.MM);
  if (!k.allocates('mm')) return refuse('ENOMEM', 'execve: no memory for an mm');
  const mm = k.world.mms.nextFree();
  k.emit({ type: 'MmCreated', mm, from: -1 });
  k.emit({ type: 'TaskMovedToMm', task: c.task, mm });
  mmput(k, old);
  return done();
}

export function exit(k: Kernel, c: CommandOf<'Exit'>): Result {
  const mm = k.world.tasks.get(c.task, TASK.MM);
  k.emit({ type: 'TaskExited', task: c.task });
  mmput(k, mm);
  return done();
}

/**
 * The first brk of an mm fixes where its heap starts. Returns the break in force, changed or not.
 * @kernel mm/mmap.c brk()
 */
export function brk(k: Kernel, c: CommandOf<'Brk'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  const start = w.mms.get(mm, MM.BRK_START);
  const now = w.mms.get(mm, MM.BRK);
  if (start === 0 && c.addr !== 0) {
    k.emit({ type: 'BrkMoved', mm, start: c.addr, brk: c.addr });
    return done(c.addr);
  }
  if (c.addr < start || c.addr === now) return done(now);
  const from = pageUp(now);
  const to = pageUp(c.addr);
  if (to < from && unmapRange(k, mm, to, from) !== null) return done(now);
  if (to > from) {
    if (overlaps(w, mm, from, to)) return done(now);
    const grown = mmap(k, { type: 'Mmap', task: c.task, addr: from * PAGE_SIZE, length: (to - from) * PAGE_SIZE,
      prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
    if (!grown.ok) return done(now);
  }
  k.emit({ type: 'BrkMoved', mm, start, brk: c.addr });
  return done(c.addr);
}

/**
 * mlock(): the flags first, up to a hole; then, if there was none, everything is faulted in, writable private pages as
 * if written. hugetlb mappings get no flag, their pages stay anyway, but are faulted in too. @kernel mm/mlock.c
 * apply_vma_lock_flags()
 */
export function mlock(k: Kernel, c: CommandOf<'Mlock'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  if (!isAligned(c.addr)) return refuse('EINVAL', 'mlock: the address is not page aligned');
  const start = c.addr / PAGE_SIZE;
  const end = start + pageUp(c.length);
  const wanted = (
    vma: number,
  ): number => (c.on ? w.vmas.get(vma, VMA.FLAGS) | VM_LOCKED : w.vmas.get(vma, VMA.FLAGS) & ~VM_LOCKED);
  let reached = start;
  const { errno } = forVmasIn(k, mm, start, end, (vma) => {
    if (w.vmas.get(vma, VMA.START) > reached) return 'ENOMEM';
    reached = w.vmas.get(vma, VMA.END);
    return wanted(vma) === w.vmas.get(vma, VMA.FLAGS) || (w.vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) !== 0
      ? 'skip'
      : 'cut';
  }, (vma) => {
    changeFlags(k, mm, vma, wanted(vma));
    return null;
  });
  if (errno !== null) return refuse(errno, 'mlock: a hole in the range, or no memory for a vma');
  if (reached < end) return refuse('ENOMEM', 'mlock: the range runs past the last mapping');
  return c.on && populate(k, mm, start, end) !== null
    ? refuse('ENOMEM', 'mlock: a page cannot be made present')
    : done();
}
