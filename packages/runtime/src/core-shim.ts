// TEMPORARY until core exports these.
export { MM, TASK, PIN, VMA, VM_WRITE, VM_SHARED, VM_HUGETLB, isCowMapping } from '../../core/src/tables/fields.ts';
export { frameAt, leafEntry, leafLevel } from '../../core/src/page/lookup.ts';
export { vmaOf, vmaAtIndex, NO_VMA } from '../../core/src/vma/list.ts';
export { pinnedFrame } from '../../core/src/pin/evolve-pin.ts';
export { isPresent, isWritable, isSpecial, isSwap, pfnOf, PTE_YOUNG, PTE_DIRTY } from '../../core/src/tables/pte.ts';
export { PG_ANON } from '../../core/src/tables/pages.ts';
