/** What the facts come to for one release: which of them hold, and the stack of policies that they make. */
import type { Chosen, Dates, Fact, Profile } from './fact.ts';
import { BOTTOM, FACTS_5 } from './facts-5.ts';
import { FACTS_6 } from './facts-6.ts';
import { compareSeries, reached, type Release, releaseOf } from './release.ts';

/** In the order in which mainline came by them. */
export const FACTS: readonly Fact[] = [...FACTS_5, ...FACTS_6];

/** Has a kernel of that release what these are the dates of? */
export function has(at: Release, { since, ports = {} }: Dates): boolean {
  if (since !== null && reached(at, releaseOf(since))) return true;
  const port = Object.hasOwn(ports, at.series) ? releaseOf(ports[at.series]) : null;
  // Release candidates came before all stable points; a series without a number stands for its last one.
  return port !== null && at.rc === null && (at.stable === null || at.stable >= (port.stable ?? 0));
}

export function holds(at: Release, fact: Fact): boolean {
  return has(at, fact) && !(fact.until !== undefined && has(at, fact.until));
}

/** Oldest first. */
export function factsOf(at: Release): readonly Fact[] {
  return FACTS.filter((fact) => holds(at, fact));
}

/** Later facts replace the options that earlier ones gave the same policy. */
export function stackOf(facts: readonly Fact[]): Profile {
  return facts.reduce((stack, { change }) => (change === null ? stack : changed(stack, change)), BOTTOM);
}

function changed(stack: readonly Chosen[], change: Chosen): readonly Chosen[] {
  return stack.some(({ policy }) => policy === change.policy)
    ? stack.map((chosen) => (chosen.policy === change.policy ? change : chosen))
    : [...stack, change];
}

/** The stable releases of a tree at which a kernel of it may begin to behave otherwise, 0 first. */
export function stablePoints(series: string): readonly number[] {
  const dates = FACTS.flatMap((fact) => (fact.change === null ? [] : [fact, ...(fact.until ? [fact.until] : [])]));
  const points = dates.flatMap(({ since, ports = {} }) => {
    const port = Object.hasOwn(ports, series) ? releaseOf(ports[series]).stable : null;
    return port === null || (since !== null && compareSeries(series, releaseOf(since).series) >= 0) ? [] : [port];
  });
  return [...new Set([0, ...points])].sort((a, b) => a - b);
}
