/**
 * A second opinion: the axioms of ARMv8 (internal visibility, external, atomicity) on all candidate executions of small
 * random tests, against the engine that promises.
 */
import { describe, expect, it } from '@jest/globals';
import { randomSource } from '../search/random.ts';
import { eachEnd } from './promise-first.ts';
import { addressOf, type Instruction, type LitmusTest, type Thread } from './program.ts';
import { type Event, type Trace, tracesOf } from './traces.ts';

type Access = Exclude<Event, { readonly kind: 'barrier' | 'branch' }> & { readonly thread: number; readonly at: number;
  readonly nr: number };

const TESTS = 60;

function randomTest(random: () => number): LitmusTest {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)];
  let value = 0;
  const thread = (): Thread => {
    const code: Instruction[] = [];
    let loaded: string | null = null;
    for (let i = 0, nr = 2 + below(2); i < nr; i++) {
      if (i > 0 && random() < 0.35) code.push({ op: 'barrier', kind: pick(['sy', 'ld', 'st', 'isb'] as const) });
      if (loaded !== null && random() < 0.3)
        code.push({ op: 'branch', on: loaded, ifZero: true, label: `L${i}` }, { op: 'label', label: `L${i}` });
      let at: { base: number; index?: string } = { base: addressOf(below(2)) };
      if (loaded !== null && random() < 0.3) {
        code.push({ op: 'eor', to: `A${i}`, a: loaded, b: loaded });
        at = { ...at, index: `A${i}` };
      }
      const kind = random();
      if (kind < 0.45) {
        loaded = `R${i}`;
        code.push({ op: 'load', to: loaded, at, strength: pick(['plain', 'plain', 'acquire', 'acquirePc'] as const),
          exclusive: false });
      } else if (kind < 0.85) {
        code.push({ op: 'store', from: ++value, at, release: random() < 0.3, status: null });
      } else {
        loaded = `R${i}`;
        code.push({ op: 'atomic', what: 'swap', to: random() < 0.8 ? loaded : null, from: ++value, at,
          acquire: random() < 0.4, release: random() < 0.4 });
      }
    }
    return { registers: new Map(), code };
  };
  return { name: 'random', architecture: 'AArch64', words: ['x', 'y'], initial: [0, 0],
    threads: Array.from({ length: random() < 0.2 ? 3 : 2 }, thread), condition: { kind: 'and', of: [] } };
}

const STORES_MAX = 4;

function smallTest(random: () => number): LitmusTest {
  for (;;) {
    const test = randomTest(random);
    const stores = test.threads.flatMap(({ code }) => code.filter(({ op }) => op === 'store' || op === 'atomic'));
    if (stores.length <= STORES_MAX) return test;
  }
}

const endText = (traces: readonly Trace[], last: (word: number) => number): string =>
  `${
    traces.map(({ events }) => events.flatMap((event) => event.kind === 'load' ? [event.value] : []).join()).join(';')
  } ${[last(0), last(1)].join()}`;

function promised(test: LitmusTest): Set<string> {
  const ends = new Set<string>();
  eachEnd(test, (traces, _, end) => {
    ends.add(endText(traces, end.word));
    return false;
  });
  return ends;
}

/** Stores have different values, so that a load's value says which store it read. */
function axiomatic(test: LitmusTest): Set<string> {
  const ends = new Set<string>();
  const traces = tracesOf(test);
  const choose = (chosen: readonly Trace[]): void => {
    if (chosen.length === traces.length) return candidates(chosen, ends);
    for (const trace of traces[chosen.length]) choose([...chosen, trace]);
  };
  choose([]);
  return ends;
}

function* permutations<T>(of: readonly T[]): Generator<readonly T[]> {
  if (of.length === 0) yield [];
  for (const [at, first] of of.entries())
    for (const rest of permutations([...of.slice(0, at), ...of.slice(at + 1)])) yield [first, ...rest];
}

function candidates(traces: readonly Trace[], ends: Set<string>): void {
  const accesses: Access[] = [];
  traces.forEach(({ events }, thread) =>
    events.forEach((event, at) => {
      if (event.kind === 'load' || event.kind === 'store')
        accesses.push({ ...event, thread, at, nr: accesses.length });
    })
  );
  const stores = (word: number): readonly Access[] =>
    accesses.filter((access) => access.kind === 'store' && access.word === word);
  const reads = new Map<number, Access | null>();
  for (const access of accesses) {
    if (access.kind !== 'load') continue;
    const from = stores(access.word).find(({ value }) => value === access.value);
    if (from === undefined && access.value !== 0) return;
    reads.set(access.nr, from ?? null);
  }
  for (const x of permutations(stores(0))) {
    for (const y of permutations(stores(1)))
      if (isConsistent(traces, accesses, reads, [x, y]))
        ends.add(endText(traces, (word) => [x, y][word].at(-1)?.value ?? 0));
  }
}

function isConsistent(
  traces: readonly Trace[],
  all: readonly Access[],
  reads: ReadonlyMap<number, Access | null>,
  orders: readonly (readonly Access[])[],
): boolean {
  const inner: [number, number][] = [];
  const outer: [number, number][] = [];
  const both = (a: Access, b: Access): void => {
    inner.push([a.nr, b.nr]);
    if (a.thread !== b.thread) outer.push([a.nr, b.nr]);
  };
  for (const order of orders) order.forEach((a, i) => order.slice(i + 1).forEach((b) => both(a, b)));
  for (const [nr, from] of reads) {
    const load = all[nr];
    if (from !== null) both(from, load);
    const order = orders[load.word];
    for (const later of order.slice(from === null ? 0 : order.indexOf(from) + 1)) {
      both(load, later);
      // Nobody stores between what an atomic loads and what it stores.
    }
    const paired = all[nr + 1] as Access | undefined;
    if (isPair(load, paired) && order.indexOf(paired) !== (from === null ? 0 : order.indexOf(from) + 1)) return false;
  }
  for (const a of all)
    for (const b of all) if (a.thread === b.thread && a.nr < b.nr && a.word === b.word) inner.push([a.nr, b.nr]);
  traces.forEach((trace, thread) => outer.push(...locally(trace, all.filter((a) => a.thread === thread), reads)));
  return isAcyclic(all.length, inner) && isAcyclic(all.length, outer);
}

const isPair = (load: Access, next: Access | undefined): next is Access & { readonly kind: 'store' } =>
  next?.kind === 'store' && (next.how === 'paired' || next.how === 'full') && next.thread === load.thread
  && next.at === load.at + 1;

/** What ARMv8 keeps in order in one thread. */
function locally(
  { events }: Trace,
  own: readonly Access[],
  reads: ReadonlyMap<number, Access | null>,
): [number, number][] {
  const pairs: [number, number][] = [];
  const loads = own.filter(({ kind }) => kind === 'load');
  const made = (bits: number): readonly Access[] => loads.filter((_, nr) => (bits & (1 << nr)) !== 0);
  const acquires = (a: Access): boolean => a.kind === 'load' && a.strength !== 'plain' && !a.noReturn;
  for (const a of own) {
    for (const b of own) {
      if (a.nr >= b.nr) continue;
      const between = events.slice(a.at + 1, b.at);
      const has = (what: string): boolean => between.some((event) => event.kind === 'barrier' && event.what === what);
      const isb = between.findLastIndex((event) => event.kind === 'barrier' && event.what === 'isb');
      const ordered = has('sy') || (a.kind === 'load' && !a.noReturn && has('ld'))
        || (a.kind === 'store' && b.kind === 'store' && has('st'))
        || acquires(a) || (b.kind === 'store' && b.release)
        || (a.kind === 'store' && a.release && b.kind === 'load' && b.strength === 'acquire')
        || (a.kind === 'store' && a.how === 'full') || isPair(a, b);
      // Whoever sees the later of two stores of a thread to one word is after what the earlier one had to wait for.
      const coherent = a.kind === 'store' && b.kind === 'store' && a.word === b.word;
      // Control and addresses, to stores after them, and to loads behind an ISB.
      const decided = (until: number): boolean =>
        events.slice(0, until).some((event, at) =>
          at > a.at && (event.kind === 'branch' ? made(event.on) : event.kind === 'barrier' ? [] : made(event.address))
            .includes(a)
        );
      const controls = (b.kind === 'store' && decided(b.at))
        || (isb >= 0 && b.kind === 'load' && decided(a.at + 1 + isb));
      const depends = made(b.address).includes(a) || (b.kind === 'store' && made(b.data).includes(a));
      if (ordered || coherent || controls || depends) pairs.push([a.nr, b.nr]);
    }
    if (a.kind !== 'load') continue;
    const from = reads.get(a.nr) ?? null;
    if (from?.kind !== 'store' || from.thread !== a.thread) continue;
    for (const source of made(from.address | from.data)) pairs.push([source.nr, a.nr]);
    if ((from.how === 'paired' || from.how === 'full' || from.how === 'exclusive') && a.strength !== 'plain')
      pairs.push([from.nr, a.nr]);
  }
  return pairs;
}

function isAcyclic(nr: number, pairs: readonly (readonly [number, number])[]): boolean {
  const reach = Array.from({ length: nr }, () => 0);
  for (const [a, b] of pairs) reach[a] |= 1 << b;
  for (let k = 0; k < nr; k++) for (let i = 0; i < nr; i++) if ((reach[i] & (1 << k)) !== 0) reach[i] |= reach[k];
  return reach.every((bits, i) => (bits & (1 << i)) === 0);
}

describe('promising and the axioms of ARMv8', () => {
  it(`allow the same ends of ${TESTS} random tests`, () => {
    const random = randomSource(17);
    let weak = 0;
    for (let nr = 0; nr < TESTS; nr++) {
      const test = smallTest(random);
      const [one, other] = [promised(test), axiomatic(test)];
      if ([...one].sort().join('|') !== [...other].sort().join('|'))
        throw new Error(
          `${JSON.stringify(test.threads.map(({ code }) => code))}: promising ${
            [...one].filter((end) => !other.has(end)).join(' | ')
          } axioms ${[...other].filter((end) => !one.has(end)).join(' | ')}`,
        );
      weak += one.size;
    }
    expect(weak).toBeGreaterThan(TESTS);
  });
});
