/** A comparison as it goes on: between two moments whoever compares may wait for something. */
import type { Lab } from '@cowlab/runtime';
import type { Lane } from '@cowlab/composition';

export type Moment =
  /** It is about to run, and has done nothing yet. */
  | { readonly kind: 'lane'; readonly lane: Lane; readonly lab: Lab }
  | { readonly kind: 'step' }
  /** The lane that ran is through. */
  | { readonly kind: 'end' };

export function drained<Value>(steps: Generator<Moment, Value>, told: (moment: Moment) => void): Value {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    told(value);
  }
}

/** Of something that runs in steps of its own. */
export function* stepsOf<Value>(running: Generator<unknown, Value>): Generator<Moment, Value, undefined> {
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
    yield { kind: 'step' };
  }
}
