/** How many mappings an mm has: the kernel merges neighbours that are alike. @kernel mm/vma.c vma_merge_existing_range() */
import type { Mm, Vma } from './entities.ts';
import type { Interval } from './intervals.ts';

export const mappingsOf = ({ vmas }: Mm): number => vmas.nrMerged;

export function alike(a: Interval<Vma>, b: Interval<Vma>): boolean {
  return a.end === b.start && a.value.shared === b.value.shared && a.value.hugetlb === b.value.hugetlb
    && a.value.path === b.value.path && a.value.writable === b.value.writable && kept(a.value) === kept(b.value);
}

/** MADV_DOFORK leaves a mapping as it was before MADV_DONTFORK. */
const kept = ({ advice }: Vma): string => (advice === null || advice.kind === 'dofork' ? '' : advice.kind);
