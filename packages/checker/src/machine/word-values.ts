/** What a word holds, in the terms of its kind: 'W pfn 3', 'mapcount 1, anon', 'held'. */
import { isGuard, isHuge, isPresent, isSpecial, isSwap, isSwapExclusive, isTable, isWritable, MAPCOUNT_SHIFT, MM, pfnOf,
  PG_ANON, PG_DIRTY, PG_EXCLUSIVE, PG_KSM, PG_LARGE, PG_SWAPCACHE, PTE_DIRTY, PTE_PROTNONE,
  PTE_YOUNG } from '@cowlab/core';
import type { SectionName, WatchedWorld } from './words.ts';

export function valueText(watched: WatchedWorld, section: SectionName, index: number, value: number): string {
  switch (section) {
    case 'node':
      return entryText(value);
    case 'meta':
      return metaText(value);
    case 'extra':
      return (watched.get(watched.wordOf('meta', index)) & PG_LARGE) !== 0 ? `folio ${value}` : `maps+${value}`;
    case 'mm':
      return mmText(index % MM.WIDTH, value);
    case 'flag':
      return value === 0 ? 'no' : 'yes';
    default:
      return String(value);
  }
}

/** Young and dirty are what one expects; what is not is said. */
export function entryText(entry: number): string {
  if (entry === 0) return 'none';
  if (isSwap(entry)) return `swap ${pfnOf(entry)}${isSwapExclusive(entry) ? ' exclusive' : ''}`;
  if (isGuard(entry)) return 'guard';
  if (isTable(entry) && (entry & (PTE_YOUNG | PTE_DIRTY)) === 0 && !isSpecial(entry) && !isWritable(entry)
    && (entry & PTE_PROTNONE) === 0) return `table ${pfnOf(entry)}`;
  if (!isPresent(entry)) return String(entry);
  const access = (entry & PTE_PROTNONE) !== 0 ? 'NONE' : isWritable(entry) ? 'W' : 'R';
  const where = isSpecial(entry) ? 'zero page' : `pfn ${pfnOf(entry)}`;
  return `${access} ${where}${isHuge(entry) ? ' huge' : ''}${(entry & PTE_YOUNG) === 0 ? ' old' : ''}${
    (entry & PTE_DIRTY) === 0 ? ' clean' : ''
  }`;
}

const FLAGS: readonly (readonly [flag: number, name: string])[] = [[PG_ANON, 'anon'], [PG_EXCLUSIVE, 'exclusive'], [
  PG_LARGE,
  'large',
], [PG_DIRTY, 'dirty'], [PG_SWAPCACHE, 'swapcache'], [PG_KSM, 'ksm']];

function metaText(meta: number): string {
  if (meta === 0) return 'free';
  return [`mapcount ${meta >> MAPCOUNT_SHIFT}`,
    ...FLAGS.filter(([flag]) => (meta & flag) !== 0).map(([, name]) => name)].join(', ');
}

function mmText(field: number, value: number): string {
  if (field === MM.PTL) return value === 0 ? 'free' : 'held';
  if (field !== MM.MMAP_LOCK || value === 0) return field === MM.MMAP_LOCK ? 'free' : String(value);
  return value < 0 ? 'held for writing' : `held by ${value} reader${value === 1 ? '' : 's'}`;
}
