/** What is asked of a userfaultfd is asked of a range of its address space. */

import type { Errno } from '../errno.ts';
import { PAGE_SIZE } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { isAligned, pageUp, taskSize } from '../mm/range.ts';
import { MM, TASK, UFFD } from '../tables/fields.ts';

/** The range of an ioctl, in pages; or what is wrong with it. */
export function rangeOf(
  k: Kernel,
  { task, addr, length }: { readonly task: number; readonly addr: number; readonly length: number },
): { readonly mm: number; readonly start: number; readonly end: number } | Errno {
  const mm = k.world.tasks.get(task, TASK.MM);
  if (k.world.mms.get(mm, MM.UFFD) === UFFD.none) return 'ENXIO';
  if (!isAligned(addr) || !isAligned(length) || length === 0 || addr + length > taskSize(k.world)) return 'EINVAL';
  return { mm, start: addr / PAGE_SIZE, end: addr / PAGE_SIZE + pageUp(length) };
}
