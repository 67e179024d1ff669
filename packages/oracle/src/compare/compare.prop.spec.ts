/**
 * The law of comparing: one observation changed in a copy of a recording is found, exactly there, and nothing else is.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parsePrograms, type Program } from '@cowlab/scenario';
import fc from 'fast-check';
import { compareProgram } from './compare.ts';
import type { Divergence, DivergenceKind } from './divergence.ts';
import { parseRecording } from '../golden/golden.ts';
import type { Observation, PageEntry } from './observation.ts';

const text = (name: string): string =>
  gunzipSync(readFileSync(new URL(`../../fixtures/golden/${name}.gz`, import.meta.url))).toString('latin1');

/** One change: what it is, where, and how to make it in a copy. `n` is a choice among several wrong answers. */
interface Change {
  readonly kind: DivergenceKind;
  readonly where: Partial<Divergence>;
  /** Beyond what must match: reported, but no divergence. */
  readonly reporting?: boolean;
  readonly make: (copy: Observation, n: number) => void;
}

type Open<T> = { -readonly [Field in keyof T]: T[Field] extends object | undefined ? Open<T[Field]> : T[Field] };
const open = <T>(value: T): Open<T> => value;
/** Another byte, or none. */
const otherValue = (
  value: number | null,
  n: number,
): number | null => (value === null ? n % 256 : n % 7 === 0 ? null : (value + 1 + (n % 255)) % 256);
const otherByte = (value: number, n: number): number => (value + 1 + (n % 255)) % 256;
const toggled = (
  flags: string,
  letter: string,
): string => (flags.includes(letter) ? flags.replace(letter, '') : flags + letter);

function changesOf({ watch }: Program, { ret, err, o, d, v, f }: Observation): Change[] {
  const changes: Change[] = [];
  const add = (kind: DivergenceKind, where: Partial<Divergence>, make: Change['make'], reporting?: boolean): void => {
    changes.push({ kind, where, make, ...(reporting === true && { reporting }) });
  };
  if (ret !== undefined) {
    add('ret', {}, (copy, n) => void (open(copy).ret = ret + 1 + n));
    add('err', {}, (copy, n) => {
      if (err !== undefined && n % 2 === 0) delete open(copy).err;
      else open(copy).err = err === 'EINTR' ? 'EBUSY' : 'EINTR';
    });
  }
  for (const [p, regions] of Object.entries(o)) {
    for (const [r, entries] of Object.entries(regions)) {
      entries.forEach((entry, index) => {
        const where = { process: Number(p), region: Number(r), page: watch[Number(r)][index] };
        const set = (change: (entry: Exclude<PageEntry, 0>, n: number) => PageEntry): Change['make'] => (copy, n) => {
          open(copy.o)[p][r][index] = entry === 0 ? change([0, 0, 0, ''], n) : change(entry, n);
        };
        if (entry === 0) return add('presence', where, set((_, n) => [n, n % 256, 1, 'A']));
        add('presence', where, set(() => 0));
        add('value', where, set(([c, value, m, flags], n) => [c, otherValue(value, n), m, flags]));
        add('class', where,
          set(([c, value, m, flags], n) => [c === (n % 12) - 1 ? 99 : (n % 12) - 1, value, m, flags]));
        add('mapcount', where, set(([c, value, m, flags], n) => [c, value, m + 1 + n, flags]), /[TH]/.test(entry[3]));
        add('flags', where, set(([c, value, m, flags], n) => [c, value, m, toggled(flags, 'AZTHE'[n % 5])]));
        add('flags', where, set(([c, value, m, flags], n) => [c, value, m, toggled(flags, 'xfht'[n % 4])]), true);
      });
    }
  }
  for (const [p, regions] of Object.entries(f ?? {})) {
    for (const [r, values] of Object.entries(regions)) {
      values.forEach((value, index) => {
        const where = { process: Number(p), region: Number(r), page: watch[Number(r)][index] };
        add('final', where, (copy, n) => void (open(copy.f!)[p][r][index] = otherValue(value, n)));
      });
    }
  }
  for (const [slot, pages] of Object.entries(d ?? {})) {
    pages.forEach(([page, value], index) =>
      add('device', { slot: Number(slot), page }, (copy, n) =>
        void (open(copy.d!)[slot][index] = [page, otherByte(value, n)]))
    );
  }
  for (const [slot, bytes] of Object.entries(v ?? {})) {
    bytes.forEach((value, index) =>
      add('pipe', { slot: Number(slot) }, (copy, n) => void (open(copy.v!)[slot][index] = otherByte(value, n)))
    );
  }
  return changes;
}

const SETS = ['directed', 'random', 'readpin'] as const;
const KERNELS = ['5.10', '6.12'] as const;
/** Of each set: the composition's spec has them all. */
const PROGRAMS_MAX = 200;
const recorded = SETS.flatMap((set) => {
  const programs = parsePrograms(text(`${set}.programs.txt`), set);
  return KERNELS.flatMap((kernel) => {
    const lines = text(`${set}.${kernel}.jsonl`).split('\n').slice(0, PROGRAMS_MAX + 1);
    const recording = parseRecording(lines.join('\n'), set);
    return programs.slice(0, PROGRAMS_MAX).map((program) => ({ set, program,
      observations: recording.programs.get(program.id ?? '')!.observations })
    );
  });
});

describe('a recording compared with itself', () => {
  it('has no difference, in any program', () => {
    for (const { set, program, observations } of recorded) {
      expect(compareProgram(set, program, observations, observations)).toEqual({ divergence: null, reporting: null });
    }
  });

  it('with one observation changed differs exactly there, by kind, step, process, region and page', () => {
    const found = new Map<string, number>();
    fc.assert(fc.property(fc.nat(recorded.length - 1), fc.nat(), fc.nat(), fc.nat(300), (one, at, which, n) => {
      const { set, program, observations } = recorded[one];
      const index = at % observations.length;
      // Kinds are equally likely, however many pages are watched.
      const all = changesOf(program, observations[index]);
      const kinds = [...new Set(all.map(({ kind }) => kind))];
      const changes = all.filter(({ kind }) => kind === kinds[which % kinds.length]);
      const { kind, where, make, reporting = false } = changes[Math.floor(which / kinds.length) % changes.length];
      const copy = structuredClone(observations) as Observation[];
      make(copy[index], n);
      const expected = { set, program: program.id, step: observations[index].i, kind, ...where };
      const differs = compareProgram(set, program, copy, observations);
      expect(differs[reporting ? 'reporting' : 'divergence']).toMatchObject(expected);
      expect(differs[reporting ? 'divergence' : 'reporting']).toBeNull();
      found.set(kind, (found.get(kind) ?? 0) + 1);
    }), { numRuns: 1000 });
    // Every kind there is was tried.
    expect([...found.keys()].sort()).toEqual(['class', 'device', 'err', 'final', 'flags', 'mapcount', 'pipe',
      'presence', 'ret', 'value']);
  });
});
