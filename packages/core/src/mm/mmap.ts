/** @kernel mm/mmap.c ksys_mmap_pgoff(), do_mmap(), mmap_region() */

import { type CommandOf, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_LOCKED, MAP_PRIVATE,
  MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE, taskSizePages } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { FILE, FILE_KIND, MM, TASK, VM_ACCOUNT, VM_EXEC, VM_HUGETLB, VM_LOCKED, VM_MAYEXEC, VM_MAYREAD, VM_MAYSHARE,
  VM_MAYWRITE, VM_MIXEDMAP, VM_READ, VM_RESERVED, VM_SHARED, VM_WRITE, VMA } from '../tables/fields.ts';
import { HEADER } from '../tables/header.ts';
import type { World } from '../tables/world.ts';
import { findVma, NO_VMA, vmaAtIndex } from '../vma/list.ts';
import { mergeAround } from '../vma/split.ts';
import { unmapRange } from './munmap.ts';
import { populate } from './populate.ts';
import { isAligned, pageUp, taskSize } from './range.ts';

export function mmap(k: Kernel, c: CommandOf<'Mmap'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  const anonymous = (c.flags & MAP_ANONYMOUS) !== 0;
  const offset = c.offset ?? 0;
  if (!isAligned(offset)) return refuse('EINVAL', 'mmap: the offset is not page aligned');
  if (!anonymous && !w.files.isLive(c.file ?? 0)) return refuse('EBADF', 'mmap: not an open file');
  if (c.length === 0) return refuse('EINVAL', 'mmap: length 0');
  const hugetlb = (c.flags & MAP_HUGETLB) !== 0;
  if (hugetlb && !anonymous) return refuse('EINVAL', 'mmap: MAP_HUGETLB on a file that is not hugetlbfs');
  const unit = hugetlb ? w.tables.fanout : 1;
  const nr = Math.ceil(pageUp(c.length) / unit) * unit;
  if (nr * PAGE_SIZE > taskSize(w)) return refuse('ENOMEM', 'mmap: longer than the address space');
  if (offset + nr * PAGE_SIZE > Number.MAX_SAFE_INTEGER) return refuse('EOVERFLOW', 'mmap: offset and length overflow');
  if (w.mms.get(mm, MM.MAP_COUNT) > k.mapCountMax) return refuse('ENOMEM', 'mmap: vm.max_map_count is reached');
  const place = choosePlace(w, mm, c, nr, unit);
  if (typeof place !== 'number') return place;
  const kind = c.flags & (MAP_SHARED | MAP_PRIVATE);
  if (kind === 0) return refuse('EINVAL', 'mmap: neither MAP_SHARED nor MAP_PRIVATE');
  const shared = (kind & MAP_SHARED) !== 0;
  if (shared && !anonymous && c.readOnlyFile === true && (c.prot & PROT_WRITE) !== 0) {
    return refuse('EACCES', 'mmap: a writable shared mapping of a file opened read-only');
  }
  if (hugetlb && shared)
    return refuse('EOPNOTSUPP', 'mmap: shared hugetlb mappings are not modelled; use a private one');
  const errno = unmapRange(k, mm, place, place + nr);
  if (errno !== null) return refuse(errno, 'mmap: what is mapped there cannot be cut out');
  const dax = !anonymous && w.files.get(c.file ?? 0, FILE.KIND) === FILE_KIND.dax;
  const flags = vmaFlags(c, shared, hugetlb) | (dax ? VM_MIXEDMAP : 0);
  if ((flags & VM_ACCOUNT) !== 0 && !k.allocates('commit-charge'))
    return refuse('ENOMEM', 'mmap: the commit limit is reached');
  if (hugetlb) {
    const free = Math.min(w.header[HEADER.HUGETLB_FREE],
      w.header[HEADER.HUGETLB_FREE] - w.header[HEADER.HUGETLB_RESERVED]);
    if (nr / unit > free)
      return refuse('ENOMEM', `mmap: the hugetlb pool has ${free} pages to promise, not ${nr / unit}`);
  }
  if (!k.allocates('vma')) return refuse('ENOMEM', 'mmap: no memory for a vma');
  if (hugetlb) k.emit({ type: 'HugetlbReserved', nr: nr / unit });
  const file = anonymous ? (shared ? makeShmem(k, nr) : 0) : c.file ?? 0;
  const pgoff = file === 0 ? place : offset / PAGE_SIZE;
  k.emit({ type: 'VmaMapped', mm, vma: w.vmas.nextFree(), start: place, end: place + nr, flags, file, pgoff });
  mergeAround(k, mm, place, place + nr);
  // Locked memory is faulted in at once; if that fails, nobody is told. @kernel mm/util.c vm_mmap_pgoff()
  if ((flags & VM_LOCKED) !== 0) populate(k, mm, place, place + nr);
  return done(place * PAGE_SIZE);
}

function choosePlace(w: World, mm: number, c: CommandOf<'Mmap'>, nr: number, unit: number): number | Result {
  const fixed = (c.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
  if (fixed) {
    if (!isAligned(c.addr) || (c.addr / PAGE_SIZE) % unit !== 0)
      return refuse('EINVAL', 'mmap: a fixed address that is not aligned');
    if (c.addr > taskSize(w) - nr * PAGE_SIZE)
      return refuse('ENOMEM', 'mmap: a fixed range past the end of the address space');
    const start = c.addr / PAGE_SIZE;
    if ((c.flags & MAP_FIXED_NOREPLACE) !== 0 && overlaps(w, mm, start, start + nr))
      return refuse('EEXIST', 'mmap: something is mapped there already');
    return start;
  }
  const hint = Math.floor(c.addr / PAGE_SIZE / unit) * unit;
  if (hint > 0 && hint + nr <= taskSizePages(w.geometry) && !overlaps(w, mm, hint, hint + nr)) return hint;
  return topDown(w, mm, nr, unit) ?? refuse('ENOMEM', 'mmap: no gap in the address space is large enough');
}

export function overlaps(w: World, mm: number, start: number, end: number): boolean {
  const vma = findVma(w, mm, start);
  return vma !== NO_VMA && w.vmas.get(vma, VMA.START) < end;
}

/** Highest gap of `nr` pages. @kernel mm/mmap.c arch_get_unmapped_area_topdown() */
export function topDown(w: World, mm: number, nr: number, unit: number): number | null {
  let ceiling = taskSizePages(w.geometry);
  for (let index = w.mms.get(mm, MM.MAP_COUNT) - 1; index >= -1; index--) {
    const below = vmaAtIndex(w, mm, index);
    const start = Math.floor((ceiling - nr) / unit) * unit;
    if (start >= (below === NO_VMA ? 0 : w.vmas.get(below, VMA.END))) return start;
    if (below !== NO_VMA) ceiling = w.vmas.get(below, VMA.START);
  }
  return null;
}

function vmaFlags(c: CommandOf<'Mmap'>, shared: boolean, hugetlb: boolean): number {
  let flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  if ((c.prot & PROT_READ) !== 0) flags |= VM_READ;
  if ((c.prot & PROT_WRITE) !== 0) flags |= VM_WRITE;
  if ((c.prot & PROT_EXEC) !== 0) flags |= VM_EXEC;
  if (shared) flags |= VM_SHARED | VM_MAYSHARE;
  // A file opened read-only can never be written through this mapping, so the kernel does not treat it as
  // shared-writable.
  if (shared && c.readOnlyFile === true) flags &= ~(VM_SHARED | VM_MAYWRITE);
  if (!shared && (c.prot & PROT_WRITE) !== 0 && !hugetlb) flags |= VM_ACCOUNT;
  if (hugetlb) flags |= VM_HUGETLB | VM_RESERVED;
  if ((c.flags & MAP_LOCKED) !== 0) flags |= VM_LOCKED;
  return flags;
}

/** MAP_SHARED | MAP_ANONYMOUS is a mapping of a shmem file of its own. @kernel mm/shmem.c shmem_zero_setup() */
function makeShmem(k: Kernel, nr: number): number {
  const file = k.world.files.nextFree(1);
  k.emit({ type: 'FileCreated', file, kind: FILE_KIND.memfd, nr, base: 0, step: 0, open: false });
  return file;
}
