import { describe, expect, it } from '@jest/globals';
import { parsePrograms } from '@cowlab/scenario';
import { causesOf } from './causes.ts';
import { compareProgram } from './compare.ts';
import type { Observation, PageEntry } from './observation.ts';

const [program] = parsePrograms(
  'prog 7\nwatch 0 0 3\nmmap 0 0 anon 4\nwrite 0 0 0 1\nfork 0 1\npin 1 2 0 3 1\nvmsplice 0 5 0 0 1\nend\n',
  'spec',
);
const A: PageEntry = [1, 1, 2, 'A'];
const recorded: readonly Observation[] = [
  { i: 0, ret: 0, o: { 0: { 0: [0, 0] } } },
  { i: 1, ret: 0, o: { 0: { 0: [[1, 1, 1, 'xA'], 0] } } },
  { i: 2, ret: 1, o: { 0: { 0: [A, 0] }, 1: { 0: [A, 0] } } },
  { i: 3, ret: 0, o: { 0: { 0: [A, 0] }, 1: { 0: [A, [2, 0, 1, 'xA']] } }, d: { 2: [[3, 0]] } },
  { i: 4, ret: 4096, o: { 0: { 0: [A, 0] }, 1: { 0: [A, [2, 0, 1, 'xA']] } }, d: { 2: [[3, 0]] }, v: { 5: [1] } },
  { i: -1, f: { 0: { 0: [1, 0] }, 1: { 0: [1, 0] } },
    o: { 0: { 0: [A, [0, 0, 0, 'Z']] }, 1: { 0: [A, [2, 0, 1, 'xA']] } }, d: { 2: [[3, 0]] }, v: { 5: [1] } },
];

/** The recording against a model that sees something else at these steps. */
const against = (model: Readonly<Record<number, Partial<Observation>>>): ReturnType<typeof compareProgram> =>
  compareProgram('spec', program, recorded, recorded.map((one, at) => ({ ...one, ...model[at] })));
const pages = (first: PageEntry, second: PageEntry = 0): Partial<Observation> => ({ o: { 0: { 0: [first, second] } } });

describe('a divergence says where it is, what the kernel did and what the model did', () => {
  it.each([
    ['another errno', { 1: { ret: -1, err: 'SIGSEGV' } }, { kind: 'err', step: 1, stepText: 'write 0 0 0 1', process: 0,
      region: 0, page: 0, memory: 'anon', kernel: 'succeeds', model: 'SIGSEGV' }],
    ['another result', { 2: { ret: 2 } }, { kind: 'ret', step: 2, op: 'fork', process: 0, region: null, page: null,
      memory: null, kernel: 'returns 1', model: 'returns 2' }],
    ['another value', { 1: pages([1, 9, 1, 'xA']) }, { kind: 'value', step: 1, process: 0, region: 0, page: 0,
      kernel: 'reads 1', model: 'reads 9', kernelSaw: 1, modelSaw: 9 }],
    ['a page that cannot be read', { 1: pages([1, null, 1, 'xA']) }, { kind: 'value', kernel: 'reads 1',
      model: 'cannot read it', modelSaw: null }],
    ['no page', { 1: pages(0) }, { kind: 'presence', kernel: 'present (class 1, value 1, mapcount 1, xA)',
      model: 'not present' }],
    ['one page too many', { 1: pages([1, 1, 1, 'xA'], [2, 0, 1, 'xA']) }, { kind: 'presence', page: 3,
      kernel: 'not present' }],
    ['a copy instead of the page', { 2: { o: { 0: { 0: [A, 0] }, 1: { 0: [[2, 1, 2, 'A'], 0] } } } }, { kind: 'class',
      step: 2, process: 1, page: 0, kernel: 'maps class 1', model: 'maps class 2' }],
    ['a page that moves', { 4: { o: { 0: { 0: [[3, 1, 2, 'A'], 0] }, 1: recorded[4].o[1] } } }, { kind: 'class',
      step: 4, kernel: 'stays on class 1', model: 'moves to class 3' }],
    ['the zero page', { 5: { o: { 0: { 0: [A, [3, 0, 0, 'Z']] }, 1: recorded[5].o[1] } } }, { kind: 'class', step: -1,
      page: 3, kernel: 'maps the zero page', model: 'maps class 3' }],
    ['another mapcount', { 1: pages([1, 1, 2, 'xA']) }, { kind: 'mapcount', kernel: 'mapcount 1',
      model: 'mapcount 2' }],
    ['another kind of page', { 1: pages([1, 1, 1, 'xf']) }, { kind: 'flags', kernel: 'flags A', model: 'no flags' }],
    ['no child', { 2: { o: { 0: { 0: [A, 0] } } } }, { kind: 'presence', process: 1, region: null, page: null,
      kernel: 'the process runs', model: 'no such process' }],
    ['another value for the device', { 3: { d: { 2: [[3, 8]] as const } } }, { kind: 'device', step: 3, process: 1,
      region: 0, page: 3, slot: 2, memory: 'anon', kernel: 'the device sees 0', model: 'the device sees 8' }],
    ['a pin given back', { 4: { d: undefined } }, { kind: 'device', step: 4, slot: 2, kernel: 'the slot is held',
      model: 'the slot is empty' }],
    ['another byte in the pipe', { 4: { v: { 5: [3] } } }, { kind: 'pipe', step: 4, process: 0, region: 0, page: 0,
      slot: 5, kernel: 'the pipe holds 1', model: 'the pipe holds 3' }],
    ['a longer pipe', { 4: { v: { 5: [1, 0] } } }, { kind: 'pipe', page: 1, kernel: 'the pipe has no such page',
      model: 'the pipe holds 0' }],
    ['another last load', { 5: { f: { 0: { 0: [1, 0] }, 1: { 0: [null, 0] } } } }, { kind: 'final', step: -1,
      stepText: 'final loads', op: 'end', process: 1, region: 0, page: 0, memory: 'anon', kernel: 'a load gives 1',
      model: 'a load faults' }],
  ])('%s', (_, model, expected) => {
    expect(against(model as Record<number, Partial<Observation>>).divergence).toMatchObject({ set: 'spec', program: '7',
      ...expected });
  });

  it('only the first one of a program is told', () => {
    expect(against({ 1: { ret: 5 }, 3: { ret: 6 } }).divergence).toMatchObject({ step: 1, kind: 'ret' });
  });
});

describe('what kernels report differently is no divergence', () => {
  it('soft-dirty and KSM letters are passed over', () => {
    expect(against({ 1: pages([1, 1, 1, 'xsAK']) })).toEqual({ divergence: null, reporting: null });
  });

  it('`x` is told as a difference in reporting alone', () => {
    expect(against({ 1: pages([1, 1, 1, 'A']) })).toMatchObject({ divergence: null,
      reporting: { kind: 'flags', step: 1, kernel: 'flags x', model: 'no flags' } });
  });

  it('so is the mapcount of a page of a huge page', () => {
    const huge = (mapcount: number): Observation[] => [{ i: 0, ret: 0, o: { 0: { 0: [[1, 0, mapcount, 'ATh'], 0] } } }];
    expect(compareProgram('spec', program, huge(1), huge(2))).toMatchObject({ divergence: null,
      reporting: { kind: 'mapcount', kernel: 'mapcount 1', model: 'mapcount 2' } });
  });

  it('nothing is told of it after a divergence', () => {
    expect(against({ 1: { ret: 5 }, 2: { o: { 0: { 0: [[1, 1, 2, 'xA'], 0] }, 1: recorded[2].o[1] } } }).reporting)
      .toBeNull();
  });
});

describe('causes', () => {
  it('are kind, step and memory; the most frequent comes first', () => {
    const found = [against({ 2: { ret: 2 } }), against({ 1: pages([1, 9, 1, 'xA']) }),
      against({ 1: pages([1, 8, 1, 'xA']) })].map(({ divergence }) => divergence!);
    expect(causesOf(found).map(({ kind, op, memory, divergences }) => [kind, op, memory, divergences.length])).toEqual([
      ['value', 'write', 'anon', 2],
      ['ret', 'fork', null, 1],
    ]);
  });
});
