/** A fork() while another thread stores. */
import type { Controller, StepOutcome } from './controller.ts';
import { shape, word } from './word.ts';

/** No process that a scenario could name. */
const STORM_CHILD = 4096;

export const STORM = {
  /**
   * A second thread stores a rising counter to pages start to start + nr - 1, in order, round after round, while p
   * forks `children` children, of which each looks at its snapshot.
   */
  storm: word(
    shape<[p: number, r: number, start: number, nr: number, children: number]>()('p', 'r', 'start', 'nr', 'children'),
    { says: 'a second thread of P stores a rising counter to the N pages, in order, again and again, while P '
      + 'forks children that each look at their snapshot', effect: 'storms', never: 'it is no step of a sequence' },
    storm,
  ),
};

/**
 * One round of the writer, one fork(), one child. Steps run whole here, so that the writer never gets in between and no
 * snapshot tears before one's eyes; what can be told is which pages fork() copied, each at a moment of its own.
 */
function storm(
  on: Controller,
  { p, r, start, nr }: { readonly p: number; readonly r: number; readonly start: number; readonly nr: number },
): StepOutcome {
  const stored = on.execute({ type: 'Store', task: p, vpn: on.vpn(r, start), nr, value: 1 });
  if (!stored.ok) return stored;
  const forked = on.execute({ type: 'Fork', task: p, child: STORM_CHILD });
  return forked.ok ? on.execute({ type: 'Exit', task: STORM_CHILD }) : forked;
}
