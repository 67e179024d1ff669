/**
 * Steps of core that a kernel takes in several, taken apart where they are run: what the step wrote is held back and
 * written
 * word by word, or group by group, in the steps after it. The words change by what they would have changed by.
 *
 * @kernel mm/huge_memory.c __split_huge_pmd_locked()
 */
import { FOLIO, isHuge, isSpecial, type Kernel } from '@cowlab/core';
import type { WatchedWorld } from './words.ts';

export interface Writes {
  readonly name: string;
  /** Pairs of a word and what it changes by. */
  readonly changes: readonly number[];
}
export type Left = readonly Writes[];
export const WHOLE: Left = [];

export function goOn(watched: WatchedWorld, left: Left): Left {
  watched.make(left[0].changes);
  return left.slice(1);
}

/** Called after each step: what of it is left to later ones. */
export function tear({ policy }: Kernel, watched: WatchedWorld): Left {
  const { facts } = watched;
  return facts.length === 1 && facts[0].type === 'PmdSplit'
    ? splitPmd(watched, policy.traits.pmdSplitLocksPage)
    : WHOLE;
}

/**
 * The huge entry is made invalid, the mapcounts move, the table takes its place. A fault of another process reads
 * the mapcounts of
 * the pages first and that of the huge page last, which is one step here: what it adds up to when the split comes
 * between these two
 * reads is what it finds between these two writes, in this order. Where both hold the lock of the page they never meet.
 */
function splitPmd(watched: WatchedWorld, locksPage: boolean): Left {
  const changes = watched.withhold();
  const groups = { invalid: [] as number[], head: [] as number[], rest: [] as number[] };
  for (let i = 0; i < changes.length; i += 2) {
    const [word, by] = [changes[i], changes[i + 1]];
    const { name, index } = watched.section(word);
    const before = watched.get(word);
    if (name === 'node' && isHuge(before)) {
      // The zero page is nobody's: nothing is counted.
      if (isSpecial(before)) locksPage = true;
      groups.invalid.push(word, -before);
      groups.rest.push(word, before + by);
    } else if (name === 'header') {
      // The table was set aside when the huge page was mapped.
      groups.invalid.push(word, by);
    } else (name === 'folio' && index % FOLIO_WORDS === FOLIO.ENTIRE_MAPCOUNT && !locksPage ? groups.head : groups.rest)
        .push(word, by);
  }
  watched.make(groups.invalid);
  return [
    ...(groups.head.length === 0 ? [] : [{ name: 'split: mapcount of the huge page--', changes: groups.head }]),
    { name: 'split: pmd := table of small entries', changes: groups.rest },
  ];
}

const FOLIO_WORDS = 12;
