/**
 * Whether a child forked under a storm may get a torn snapshot: a state of memory that its parent was in at no moment.
 *
 * fork() write-protects what it shares and flushes the TLBs once, at its end. Until then the other threads may store
 * through stale entries, and the child sees it: all shared pages come to rest together, at the flush, in a state that
 * the parent is in at that moment. A page that fork() copies is at rest from its copy on, while the parent writes on.
 * So a snapshot of at least two pages is whole when fork() copied none of them, and may tear when it copied one.
 * Runs of whole steps cannot show it happen: `cowlab conform --live` counts it, `cowlab check` searches the orders.
 */
import { hugePages } from '@cowlab/core';
import type { Snapshot } from '@cowlab/scenario';
import type { ScenarioRun } from './scenario-run.ts';

export interface StormLook {
  /** Null: no storm came about. */
  readonly snapshot: Snapshot | null;
  /** In the words of an expectation. */
  readonly actual: string;
}

export function stormLook(run: ScenarioRun): StormLook {
  const storms = run.steps.flatMap((
    { step, outcome, entries },
  ) => (step.op === 'storm' ? [{ step, outcome, entries }] : []));
  const refused = storms.find(({ outcome }) => !outcome.ok);
  if (refused !== undefined && !refused.outcome.ok)
    return { snapshot: null, actual: `the storm was refused (${refused.outcome.errno})` };
  const huge = hugePages(run.lab.geometry);
  for (const { step, entries } of storms) {
    const from = run.driver.regionStart(step.r) + step.start;
    const copied = entries.flatMap(({ events }) => events).reduce((sum, event) => {
      const nr = event.type === 'PagesCopied' ? event.nr : event.type === 'HugePageCopied' ? huge : 0;
      return nr === 0 || !('vpn' in event)
        ? sum
        : sum + Math.max(0, Math.min(event.vpn + nr, from + step.nr) - Math.max(event.vpn, from));
    }, 0);
    if (copied > 0 && step.nr > 1)
      return { snapshot: 'may-tear',
        actual: `may-tear (fork() copies ${copied} of the ${step.nr} pages, each at a moment of its own)` };
  }
  return { snapshot: 'whole', actual: 'whole' };
}
