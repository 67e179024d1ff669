/**
 * userfaultfd: which mappings it watches. Here it always is one with UFFD_FEATURE_SIGBUS: what would wait for a handler
 * ends in a signal, which can be seen.
 * @kernel fs/userfaultfd.c userfaultfd_register(), userfaultfd_unregister()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Errno, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, TASK, UFFD, VM_HUGETLB, VM_MAYWRITE, VM_UFFD, VM_UFFD_FORKS, VM_UFFD_MISSING, VM_UFFD_WP,
  VMA } from '../tables/fields.ts';
import { findVma, NO_VMA } from '../vma/list.ts';
import { changeFlags, forVmasIn } from '../vma/split.ts';
import { protectPages } from './pages.ts';
import { rangeOf } from './asked-range.ts';

export function uffdOpen(k: Kernel, c: CommandOf<'UffdOpen'>): Result {
  const mm = k.world.tasks.get(c.task, TASK.MM);
  if (k.world.mms.get(mm, MM.UFFD) !== UFFD.none) return refuse('EEXIST', 'userfaultfd: one is open already');
  k.emit({ type: 'UffdOpened', mm, forks: c.forks });
  return done();
}

export function uffdRegister(k: Kernel, c: CommandOf<'UffdRegister'>): Result {
  const { mms, vmas } = k.world;
  const range = rangeOf(k, c);
  if (typeof range === 'string') return refuse(range, 'userfaultfd: none is open, or a bad range');
  const { mm, start, end } = range;
  const first = findVma(k.world, mm, start);
  if (first === NO_VMA || vmas.get(first, VMA.START) >= end)
    return refuse('EINVAL', 'userfaultfd: nothing is mapped there');
  const wanted = (c.missing ? VM_UFFD_MISSING : 0) | (c.protects ? VM_UFFD_WP : 0)
    | (mms.get(mm, MM.UFFD) === UFFD.forks ? VM_UFFD_FORKS : 0);
  // All of them are looked at before any is changed.
  const { errno } = forVmasIn(k, mm, start, end, (vma) => mayWatch(k, vma) ?? 'skip', () => null);
  if (errno !== null) return refuse(errno, 'userfaultfd: a mapping that it cannot watch');
  const changed = forVmasIn(k, mm, start, end, (vma) => {
    const flags = vmas.get(vma, VMA.FLAGS);
    return (flags & VM_UFFD & wanted) === wanted ? 'skip' : 'cut';
  }, (vma) => {
    changeFlags(k, mm, vma, (vmas.get(vma, VMA.FLAGS) & ~VM_UFFD) | wanted);
    return null;
  });
  return changed.errno === null ? done() : refuse(changed.errno, 'userfaultfd: no memory for a vma');
}

export function uffdUnregister(k: Kernel, c: CommandOf<'UffdUnregister'>): Result {
  const { vmas } = k.world;
  const range = rangeOf(k, c);
  if (typeof range === 'string') return refuse(range, 'userfaultfd: none is open, or a bad range');
  const { mm, start, end } = range;
  const first = findVma(k.world, mm, start);
  if (first === NO_VMA || vmas.get(first, VMA.START) >= end)
    return refuse('EINVAL', 'userfaultfd: nothing is mapped there');
  const { errno } = forVmasIn(k, mm, start, end, (vma) => canWatch(k, vma) ?? 'skip', () => null);
  if (errno !== null) return refuse(errno, 'userfaultfd: a mapping that it cannot watch');
  const changed = forVmasIn(k, mm, start, end, (vma) => ((vmas.get(vma, VMA.FLAGS) & VM_UFFD) === 0 ? 'skip' : 'cut'),
    (vma) => {
      const flags = vmas.get(vma, VMA.FLAGS);
      if ((flags & VM_UFFD_WP) !== 0) protectPages(k, mm, vmas.get(vma, VMA.START), vmas.get(vma, VMA.END), false);
      changeFlags(k, mm, vma, flags & ~VM_UFFD);
      return null;
    });
  return changed.errno === null ? done() : refuse(changed.errno, 'userfaultfd: no memory for a vma');
}

/** @simplifies memory of files and hugetlb, of which kernels watch much: here anonymous memory alone is watched. */
function canWatch(k: Kernel, vma: number): Errno | null {
  const { vmas } = k.world;
  return vmas.get(vma, VMA.FILE) !== 0 || (vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) !== 0 ? 'EOPNOTSUPP' : null;
}

function mayWatch(k: Kernel, vma: number): Errno | null {
  const flags = k.world.vmas.get(vma, VMA.FLAGS);
  return canWatch(k, vma) ?? ((flags & VM_MAYWRITE) === 0 ? 'EPERM' : null);
}
