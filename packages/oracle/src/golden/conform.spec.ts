import { describe, expect, it } from '@jest/globals';
import { stackPolicies } from '@cowlab/core';
import { parsePrograms } from '@cowlab/scenario';
import { conformSet } from './conform.ts';
import { formatRecording, parseRecording, type Recording } from './golden.ts';
import type { Observation } from '../compare/observation.ts';
import { reportingOf } from '../compare/reporting.ts';
import { runProgram } from './run-program.ts';

const policy = stackPolicies([]);
const reporting = reportingOf('5.7');
const programs = parsePrograms(
  [1, 2, 3].map((id) => `prog ${id}\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 ${id}\nfork 0 1\nend\n`).join(''),
  'tiny',
);

/** The model's own, with changes of the text. */
function recording(from: string | RegExp = '', to = ''): Recording {
  const text = formatRecording({ kernel: '5.7' },
    programs.map((program) => ({ id: program.id ?? '', observations: runProgram(program, policy, reporting) })));
  return parseRecording(text.replace(from, to), 'tiny.5.7.jsonl');
}

const conform = (of: Recording | null): ReturnType<typeof conformSet> =>
  conformSet({ set: 'tiny', programs, recording: of, policy, reporting });

describe('a set of programs', () => {
  it('does what a recording of the same model says', () => {
    expect(conform(recording())).toEqual({ set: 'tiny', nrPrograms: 3, nrRecorded: 3, nrSame: 3, divergences: [],
      reporting: [] });
  });

  it('with one value changed diverges in that program alone', () => {
    expect(conform(recording('[1,2,1,', '[1,4,1,'))).toMatchObject({ nrSame: 2,
      divergences: [{ program: '2', step: 1, kind: 'value', kernel: 'reads 4', model: 'reads 2' }] });
  });

  it('is compared as far as it was recorded, where the header says that it is a part', () => {
    expect(conform({ ...recording(/^$/), told: 2, programs: new Map([...recording(/^$/).programs].slice(0, 2)) }))
      .toMatchObject({ nrPrograms: 3, nrRecorded: 2, nrSame: 2 });
    expect(() =>
      conform({ ...recording(/^$/), told: null, programs: new Map([...recording(/^$/).programs].slice(0, 2)) })
    )
      .toThrow(
        'it ends with 2 of 3 programs: 3 is missing; copy the recording again, or tell in its header how many it '
          + 'has: "programs": 2',
      );
    expect(conform(null)).toMatchObject({ nrPrograms: 3, nrRecorded: 0, nrSame: 0, divergences: [] });
  });

  it('hands out what the model saw, program by program', () => {
    const told: [string | undefined, readonly Observation[], number][] = [];
    conformSet({ set: 'tiny', programs, recording: null, policy, reporting,
      onProgram: ({ id }, observations, done) => void told.push([id, observations, done]) });
    expect(told.map(([id, observations, done]) => [id, observations.length, done])).toEqual([['1', 4, 1], ['2', 4, 2], [
      '3',
      4,
      3,
    ]]);
  });
});

describe('a model that breaks down', () => {
  const broken: typeof policy = { ...policy, onForkVma: () => {
    throw new RangeError('no such vma');
  } };

  it('diverges at that step; what it saw before is kept and the other programs are run', () => {
    const nrSeen: number[] = [];
    const { nrSame, divergences } = conformSet({ set: 'tiny', programs, recording: recording(), policy: broken,
      reporting, onProgram: (_, seen) => void nrSeen.push(seen.length) });
    expect({ nrSame, nrSeen }).toEqual({ nrSame: 0, nrSeen: [2, 2, 2] });
    expect(divergences[2]).toMatchObject({ program: '3', step: 2, kind: 'crash', process: 0, kernel: 'goes on',
      model: 'program 3, observation 2: no such vma' });
  });

  it('diverges where it first differs, if that was before', () => {
    expect(
      conformSet({ set: 'tiny', programs, recording: recording('[1,2,1,', '[1,4,1,'), policy: broken, reporting })
        .divergences[1],
    ).toMatchObject({ step: 1, kind: 'value' });
  });

  it('by the fault of a policy stops the run', () => {
    const odd = stackPolicies([{ id: 'odd', hooks: { onForkVma: () => 'perhaps' as never } }]);
    expect(() => conformSet({ set: 'tiny', programs, recording: null, policy: odd, reporting })).toThrow(
      /^policy 'odd': onForkVma/,
    );
  });
});

describe('a recording of other programs is refused', () => {
  it.each([
    ['an unknown program', '"prog":2', '"prog":9',
      'tiny.5.7.jsonl:3: program 9 is not among the programs; use the programs file that was recorded'],
    ['a page too many', '{"0":{"0":[0]}}', '{"0":{"0":[0,0]}}',
      /:2: program 1: at 0 process 0 shows 2 pages of region 0, watched are 1;/],
    ['a region that nobody watches', '{"0":{"0":[0]}}', '{"0":{"0":[0],"1":[0]}}',
      /:2: program 1: at 0 process 0 shows 1 pages of region 1, watched are none;/],
    ['a step missing', /\{"i":2.*?\},\{"i":-1/, '{"i":-1',
      /:2: program 1: 3 observations of 3 steps and the last look;/],
  ])('%s', (_, from, to, message) => expect(() => conform(recording(from, to))).toThrow(message));
});
