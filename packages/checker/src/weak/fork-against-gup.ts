/**
 * The question that weak memory asks of pinned pages, in all its forms: can fork() see no pin while fast GUP sees that
 * nobody forks, and an entry that it may write through?
 */
import type { AtomicForm } from './step-order.ts';

export interface ForkAgainstGup {
  readonly lane: string;
  readonly kind: 'small' | 'THP';
  /** The second copy-on-write VMA of a page table finds the child's table there: nothing is allocated for it. */
  readonly vma: 'first' | 'second';
  /** Has the process pinned before, so that it is marked already? */
  readonly pin: 'first' | 'again';
  readonly atomics: AtomicForm;
}

/**
 * The pin in one atomic; in two (the profiles of 5.14 to 5.18 do not date that, so it is laid over one of them); then
 * PG_anon_exclusive, its barriers, and today.
 */
const LANES = ['linux-5.11', 'linux-5.15+what-if:pinAdd=apart', 'linux-5.19', 'linux-6.1', 'linux-7.2'];

/** What differs for small pages between these does not for large ones. */
const LARGE_LANES = ['linux-5.11', 'linux-6.1'];

export const QUESTIONS: readonly ForkAgainstGup[] = (['small', 'THP'] as const).flatMap((kind) =>
  LANES.flatMap((lane) =>
    (['first', 'second'] as const).flatMap((vma) =>
      (['again', 'first'] as const).flatMap((pin) =>
        (['lse', 'llsc'] as const).flatMap((atomics): ForkAgainstGup[] =>
          // How atomics are made tells pins apart that share a word with the reference that fork() takes.
          kind === 'THP' && (atomics === 'llsc' || !LARGE_LANES.includes(lane))
            ? []
            : [{ lane, kind, vma, pin, atomics }]
        )
      )
    )
  )
);

/** As a race. */
export function questionText({ kind, vma, pin, atomics }: ForkAgainstGup): string {
  const nr = kind === 'small' ? 1 : 4;
  const asked = vma === 'first' ? 0 : nr;
  return `${
    [
      `title fork() against a fast GUP: ${kind} page, ${vma} VMA, ${pin === 'first' ? 'first pin' : 'pinned before'}`,
      `mmap 0 0 ${kind === 'small' ? 'anon' : 'thp'} ${2 * nr}`,
      'write 0 0 0 1',
      `write 0 0 ${nr} 2`,
      ...(pin === 'again' ? [`pin 0 1 0 0 1`, 'unpin 1'] : []),
      // A VMA of its own for what comes first, in the same table.
      `mprotect 0 0 ${vma === 'first' ? nr : 0} ${nr} r`,
      `atomics ${atomics}`,
      'actor A',
      '  fork 0 1',
      'actor B',
      `  gupfast 0 0 0 ${asked} 1`,
    ].join('\n')
  }\n`;
}
