/**
 * What a sweep goes over: parameters, each with its values, joined to points. `product` has every combination, `zip`
 * takes the first values together, then the second ones.
 */
import { SweepError } from './sweep-error.ts';

export type Value = number | string | boolean;
export type Axes = Readonly<Record<string, readonly Value[]>>;
export type Point = Readonly<Record<string, Value>>;

/** The value of an axis: literals widen, so that a scenario may calculate with them. */
type Widened<T> = T extends string ? T : T extends number ? number : T extends boolean ? boolean : never;
export type PointOf<A extends Axes> = { readonly [K in keyof A]: Widened<A[K][number]> };

export interface Sweep<A extends Axes> {
  readonly join: 'product' | 'zip';
  readonly axes: A;
}

/** Every combination. An object of lists alone means the same. */
export function product<const A extends Axes>(axes: A): Sweep<A> {
  return { join: 'product', axes };
}

/** The lists side by side; all of them are of one length. */
export function zip<const A extends Axes>(axes: A): Sweep<A> {
  return { join: 'zip', axes };
}

/** `from`, `from + step`, … up to `to`, which is among them if the steps meet it. */
export function range(from: number, to: number, step = 1): number[] {
  if (!(step > 0) || !Number.isFinite(from + to))
    throw new SweepError(`range ${from}..${to}`, `the step is ${step}`, 'give a step above 0');
  return listed(from, to, Math.floor((to - from) / step + SLACK) + 1, (at) => from + at * step);
}

/** `from`, `from * factor`, … up to `to`. */
export function powers(from: number, to: number, factor = 2): number[] {
  if (!(factor > 1) || !(from > 0) || !Number.isFinite(to))
    throw new SweepError(`range ${from}..${to}`, `the factor is ${factor}`, 'begin above 0 and give a factor above 1');
  const nr = Math.floor(Math.log(to / from) / Math.log(factor) + SLACK) + 1;
  return listed(from, to, nr, (at) => from * factor ** at);
}

/** Floating point must not drop the last value. */
const SLACK = 1e-9;
export const POINTS_MAX = 1_000_000;

function listed(from: number, to: number, nr: number, value: (at: number) => number): number[] {
  if (nr < 1) throw new SweepError(`range ${from}..${to}`, 'holds no value', 'begin with the smaller one');
  if (nr > POINTS_MAX)
    throw new SweepError(`range ${from}..${to}`, `holds ${nr} values`, `take larger steps, at most ${POINTS_MAX}`);
  return Array.from({ length: nr }, (_, at) => Number(value(at).toPrecision(12)));
}

const isSweep = (given: Axes | Sweep<Axes>): given is Sweep<Axes> =>
  (given.join as unknown) === 'product' || (given.join as unknown) === 'zip';

export function sweepOf(given: Axes | Sweep<Axes>): Sweep<Axes> {
  const sweep = isSweep(given) ? given : product(given);
  for (const [name, values] of Object.entries(sweep.axes)) {
    if (!NAME.test(name) || TAKEN.includes(name))
      throw new SweepError(`parameter '${name}'`, TAKEN.includes(name) ? 'the name is taken' : 'is no usable name',
        'use a letter, then letters, digits and _');
    if (!Array.isArray(values) || values.length === 0)
      throw new SweepError(`parameter '${name}'`, 'has no values', `write it as ${name}: [1, 2, 3]`);
    const odd = (values as readonly unknown[]).find((value) => !['number', 'string', 'boolean'].includes(typeof value));
    if (odd !== undefined)
      throw new SweepError(`parameter '${name}'`, `has the value ${JSON.stringify(odd)}`,
        'use numbers, texts, true or false');
  }
  return sweep;
}

export const NAME = /^[A-Za-z]\w*$/;
const TAKEN = ['lane'];

/** In the order in which the axes are written, the last one changing fastest. */
export function pointsOf({ join, axes }: Sweep<Axes>): Point[] {
  const names = Object.keys(axes);
  const lengths = names.map((name) => axes[name].length);
  if (join === 'zip') {
    const odd = names.find((name) => axes[name].length !== lengths[0]);
    if (odd !== undefined)
      throw new SweepError(`parameter '${odd}'`, `has ${axes[odd].length} values and '${names[0]}' ${lengths[0]}`,
        'zip takes lists of one length');
    return Array.from({ length: lengths[0] ?? 1 }, (_, at) =>
      Object.fromEntries(names.map((name) => [name, axes[name][at]])));
  }
  const nr = lengths.reduce((all, length) => all * length, 1);
  if (nr > POINTS_MAX) throw new SweepError('sweep', `has ${nr} points`, `at most ${POINTS_MAX} are one experiment`);
  return Array.from({ length: nr }, (_, at) => {
    let rest = at;
    const point: Record<string, Value> = {};
    for (let axis = names.length - 1; axis >= 0; axis--) {
      point[names[axis]] = axes[names[axis]][rest % lengths[axis]];
      rest = Math.floor(rest / lengths[axis]);
    }
    return Object.fromEntries(names.map((name) => [name, point[name]]));
  });
}
