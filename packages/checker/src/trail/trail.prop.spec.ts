import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commandLines } from './command-lines.ts';
import { diagram } from './diagram.ts';
import { explain } from './explain.ts';
import { mermaid } from './mermaid.ts';
import { perfetto, type PerfettoEvent } from './perfetto.ts';
import { formatSchedule } from './schedule.ts';
import type { Trail, TrailStep, WordAccess } from './trail.ts';

const text = fc.oneof(
  fc.constantFrom('pte := R', 'fork 0 1', 'W pfn 3', 'the end', 'ref += 1024',
    'a_very_long_word_that_fits_into_no_column_'.repeat(3), ''),
  fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.string({ maxLength: 20 }),
  fc.lorem({ maxCount: 12 }),
);
const accesses = fc.array(
  fc.oneof(fc.record<WordAccess>({ word: text, value: text }),
    fc.record<WordAccess>({ word: fc.constantFrom('pte[0]', 'seq'), value: text, old: text })),
  { maxLength: 3 },
);

function stepsOf(nrActors: number): fc.Arbitrary<TrailStep[]> {
  const step = fc.record<TrailStep>({
    ...{ actor: fc.nat(nrActors - 1), op: fc.constantFrom('fork 0 1', 'pin 0 0 0 0 1', 'read 0 0'), step: text },
    ...{ kind: fc.constantFrom('step', 'step', 'flush'), reads: accesses, writes: accesses },
    ...{ buffered: fc.boolean(), critical: fc.boolean() },
  });
  return fc.array(step, { maxLength: 25 });
}

/** Anything goes, also what no engine would write. */
const trails: fc.Arbitrary<Trail> = fc.integer({ min: 1, max: 12 }).chain((nrActors) =>
  stepsOf(nrActors).chain((steps) =>
    fc.record<Trail>({
      ...{ scenario: text, title: text, lane: text, memory: fc.constantFrom('sc', 'tso'), steps: fc.constant(steps) },
      actors: fc.array(fc.record({ name: text, what: text }), { minLength: nrActors, maxLength: nrActors }),
      broken: fc.array(fc.record({ spec: text, what: text }), { maxLength: 2 }),
      ...{ end: fc.array(text, { maxLength: 2 }), schedule: fc.constant(formatSchedule(steps)), command: text },
    })
  )
);

const MAILABLE = /^(?:[ -~]{0,74}[!-~])?$/;

describe('any trail', () => {
  it('is drawn and explained in ASCII, at most 75 columns, without blanks at the end of a line', () => {
    fc.assert(
      fc.property(trails, fc.boolean(), (trail, all) => {
        expect([...diagram(trail, { all }), ...explain(trail)].filter((line) => !MAILABLE.test(line))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps the marked steps in the diagram, whatever is folded', () => {
    fc.assert(
      fc.property(trails, (trail) => {
        const lines = diagram({ ...trail, title: 'x', lane: 'x', broken: [], command: 'x' });
        const marks = lines.filter((line) => /^ *(?:CPU\d+ +)?\*( |$)/.test(line) && !line.startsWith('* the order'));
        const critical = trail.steps.filter((step) => step.critical).length;
        expect(marks.length).toBeGreaterThanOrEqual(critical);
      }),
    );
  });

  it('is a Mermaid diagram of known statements, with no character of the trail read as syntax', () => {
    const message = /^ {2}(?:CPU\d+|Memory)(?:->>|-->>|-\))(?:CPU\d+|Memory): (?=.)/;
    const statement =
      /^(?:sequenceDiagram| {2}(?:rect rgb\(255, 228, 196\)|(?:title|participant (?:CPU\d+|Memory) as|Note over (?:CPU\d+|CPU0,Memory):) .+))$/;
    fc.assert(
      fc.property(trails, (trail) => {
        const lines = mermaid(trail).split('\n');
        expect(lines.pop()).toBe('');
        for (const line of lines) {
          if (line === '  end') continue;
          const said = line.replace(message, '').replaceAll('<br/>', ' ').replace(/#\d+;/g, '');
          const fine = (message.test(line) || statement.test(line)) && !/[#;<>&"%{}$]|[^ -~]|\bend\b/i.test(said);
          expect(fine ? '' : line).toBe('');
        }
        expect(lines.filter((line) => line.startsWith('  rect')).length).toBe(
          lines.filter((line) => line === '  end').length,
        );
      }),
    );
  });

  it('is a Perfetto trace whose slices nest, each step in its operation, each arrow between two slices', () => {
    fc.assert(fc.property(trails, (trail) => nests(trail)), { numRuns: 150 });
  });
});

type Slice = Extract<PerfettoEvent, { ph: 'X' }>;

function nests(trail: Trail): void {
  const { traceEvents } = perfetto(trail);
  const slices = traceEvents.filter((event): event is Slice => event.ph === 'X');
  const contains = (outer: Slice, inner: Slice) => outer.ts < inner.ts && inner.ts + inner.dur < outer.ts + outer.dur;
  for (const a of slices) {
    for (const b of slices) {
      if (a === b || a.tid !== b.tid) continue;
      const disjoint = a.ts + a.dur <= b.ts || b.ts + b.dur <= a.ts;
      if (!disjoint && !contains(a, b) && !contains(b, a))
        throw new Error(`"${a.name}" at ${a.ts} and "${b.name}" at ${b.ts} overlap`);
    }
  }
  const steps = slices.filter(({ cat }) => cat !== 'op');
  expect(steps.length).toBe(trail.steps.length);
  for (const step of steps) {
    const around = slices.filter((slice) => slice.cat === 'op' && slice.tid === step.tid && contains(slice, step));
    expect(around.length).toBeLessThanOrEqual(1);
    if (step.cat === 'step') expect(around.map(({ name }) => name)).toEqual([step.args.op]);
  }
  arrowsJoinSlices(traceEvents, steps, trail);
}

function arrowsJoinSlices(traceEvents: readonly PerfettoEvent[], steps: readonly Slice[], trail: Trail): void {
  const at = (event: { tid: number; ts: number }) =>
    steps.findIndex((step) => step.tid === event.tid && step.ts < event.ts && event.ts < step.ts + step.dur);
  const starts = traceEvents.filter((event) => event.ph === 's');
  const ends = traceEvents.filter((event) => event.ph === 'f');
  expect(ends.map(({ id }) => id)).toEqual(starts.map(({ id }) => id));
  starts.forEach((start, index) => {
    const end = ends[index];
    const [from, to] = [trail.steps[at(start)], trail.steps[at(end)]];
    expect(start.ts).toBeLessThan(end.ts);
    expect(from.actor).not.toBe(to.actor);
    expect(from.buffered).toBe(false);
    expect(from.writes.map(({ word }) => word)).toContain(start.name);
    expect(to.reads.map(({ word }) => word)).toContain(start.name);
  });
}

describe('the command below a diagram', () => {
  /** What a shell makes of it: the words it would run. bash, because $'…' is not yet in every sh. */
  const words = (command: string) => execFileSync('bash', ['-c', `printf '%s\\0' ${command}`]);

  it('is broken into lines that a shell reads as the same words', () => {
    const plain = fc.stringMatching(/^[A-Za-z0-9_./=:-]{1,60}$/);
    const inQuotes = fc.string({
      unit: fc.constantFrom('A', 'B', '!', '4', ' ', ' ', '\\', '"', '\u00e9', '\u{1F411}', '\t'),
      maxLength: 150,
    }).map((inside) => `'${inside}'`);
    const inDouble = fc.string({ unit: fc.constantFrom('a', ' ', '\\\\', '\\"', "'", '\u00fc'), maxLength: 120 }).map((
      inside,
    ) => `"${inside}"`);
    const bare = fc.string({ unit: fc.constantFrom('a', '\\ ', "\\'", '\\"', '\u00e9'), minLength: 1, maxLength: 90 });
    const command = fc.array(
      fc.oneof(plain, inQuotes, inDouble, bare, fc.tuple(plain, inQuotes, inDouble).map((parts) => parts.join(''))),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(command, (parts) => {
        const whole = parts.join(' ');
        const lines = commandLines(whole);
        expect(lines.filter((line) => !MAILABLE.test(line))).toEqual([]);
        expect(words(lines.join('\n')).equals(words(whole))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps a schedule that is longer than a line', () => {
    const schedule = 'A4 B2 A!1 '.repeat(30).trim();
    const lines = commandLines(`cowlab check seqcount --replay '${schedule}'`);
    expect(lines.length).toBeGreaterThan(4);
    expect(words(lines.join('\n')).toString()).toBe(`cowlab\0check\0seqcount\0--replay\0${schedule}\0`);
  });
});
