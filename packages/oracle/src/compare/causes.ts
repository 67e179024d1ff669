/** Divergences by what probably lies behind them: one wrong decision of a model shows in hundreds of programs. */
import type { Divergence } from './divergence.ts';

export interface Cause {
  readonly kind: Divergence['kind'];
  readonly op: Divergence['op'];
  readonly memory: Divergence['memory'];
  /** In the order in which they were found; at least one. */
  readonly divergences: readonly Divergence[];
}

/** The most frequent first. */
export function causesOf(divergences: readonly Divergence[]): readonly Cause[] {
  const causes = new Map<string, Divergence[]>();
  for (const one of divergences) {
    const key = `${one.kind} ${one.op} ${one.memory}`;
    const alike = causes.get(key);
    if (alike === undefined) causes.set(key, [one]);
    else alike.push(one);
  }
  return [...causes.values()]
    .map((alike): Cause => ({ kind: alike[0].kind, op: alike[0].op, memory: alike[0].memory, divergences: alike }))
    .sort((a, b) => b.divergences.length - a.divergences.length);
}
