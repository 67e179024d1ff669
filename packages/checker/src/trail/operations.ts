/**
 * Which consecutive steps of an actor belong to one operation (one step of the scenario). A flush belongs to none: the
 * store it carries to memory may come from an operation that is long over.
 */
import type { Trail } from './trail.ts';

export interface Operation {
  readonly actor: number;
  readonly op: string;
  /** Indices into the steps of the trail; steps of other actors and flushes may lie between them. */
  readonly first: number;
  readonly last: number;
}

/** In the order in which they begin. */
export function operationsOf({ steps }: Trail): Operation[] {
  const found: { -readonly [Key in keyof Operation]: Operation[Key] }[] = [];
  const current = new Map<number, (typeof found)[number]>();
  steps.forEach(({ actor, op, kind }, index) => {
    if (kind === 'flush') return;
    const running = current.get(actor);
    if (running?.op === op) {
      running.last = index;
      return;
    }
    const begun = { actor, op, first: index, last: index };
    current.set(actor, begun);
    found.push(begun);
  });
  return found;
}

/** The operation that begins with the step of this index. */
export function beginnings(trail: Trail): ReadonlyMap<number, string> {
  return new Map(operationsOf(trail).map(({ first, op }) => [first, op]));
}
