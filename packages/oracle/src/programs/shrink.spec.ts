/** The judge here is a sentence about programs, so that what is minimal is known beforehand. */
import { describe, expect, it } from '@jest/globals';
import { formatStep, parsePrograms, type Program } from '@cowlab/scenario';
import { divergence, type Divergence } from '../compare/divergence.ts';
import { lawful } from './lawful.ts';
import { fuzzProgram } from './fuzz-program.ts';
import { compacted, renumbered } from './renumber.ts';
import { shrink, type Shrunk } from './shrink.ts';

const program = (...lines: readonly string[]): Program =>
  parsePrograms(['prog 0', ...lines, 'end', ''].join('\n'), 'spec')[0];
const stepsOf = ({ steps }: Program): string[] => steps.map(formatStep);
/** The first step at which the sentence is true of what was until then. */
const differs = (shows: (steps: readonly string[]) => boolean) => (one: Program): Divergence | null => {
  const texts = stepsOf(one);
  const step = texts.findIndex((_, at) => shows(texts.slice(0, at + 1)));
  return step < 0
    ? null
    : divergence('fuzz', one, step, 'class', {}, { said: 'stays', saw: 1 }, { said: 'moves', saw: 2 });
};

async function shrunk(one: Program, shows: (steps: readonly string[]) => boolean): Promise<Shrunk> {
  const judge = differs(shows);
  const first = judge(one);
  if (first === null) throw new Error('the program does not show it');
  return shrink(one, first, (programs) => Promise.resolve(programs.map(judge)));
}

/** A write to a wiped region of a child, in that order. */
const wipedChildWrites = (steps: readonly string[]): boolean => {
  const wiped = steps.findIndex((step) => step.startsWith('madvise') && step.endsWith('wipeonfork'));
  const forked = steps.findIndex((step, at) => at > wiped && step.startsWith('fork'));
  return wiped >= 0 && forked >= 0
    && steps.some((step, at) => at > forked && step.startsWith('write') && !step.startsWith('write 0'));
};

describe('shrinking', () => {
  it('leaves of a long program the steps that show the difference, in the smallest numbers', async () => {
    const long = program(
      'pool 3',
      'watch 0 0 255 511',
      'watch 1 0 1 2',
      'mmap 0 0 thp 512',
      'mmap 0 1 file 8',
      'write 0 0 255 41',
      'pin 0 4 1 0 3',
      'fork 0 2',
      'devwrite 4 1 9',
      'madvise 0 0 255 2 wipeonfork',
      'mprotect 0 1 2 3 r',
      'unpin 4',
      'fork 2 5',
      'write 5 1 2 7',
      'fork 0 7',
      'vmsplice 7 0 1 0 2',
      'fork 7 8',
      'write 8 0 511 77',
      'exit 8',
      'read 0 1 0',
    );
    const { program: least, minimal, divergence: shows, nrTried } = await shrunk(long, wipedChildWrites);
    expect(stepsOf(least)).toEqual(['mmap 0 0 anon 1', 'madvise 0 0 0 1 wipeonfork', 'fork 0 1', 'write 1 0 0 1']);
    expect(least).toMatchObject({ pool: 64, watch: { 0: [0] } });
    expect(shows).toMatchObject({ step: 3, stepText: 'write 1 0 0 1' });
    expect(minimal).toBe(true);
    expect(nrTried).toBeLessThan(400);
  });

  it('keeps the memory and the pages that matter', async () => {
    const large = program('watch 0 0 511', 'mmap 0 0 huge 512', 'write 0 0 0 5', 'read 0 0 511', 'fork 0 1', 'fork 1 2',
      'write 2 0 511 6');
    const { program: least } = await shrunk(large,
      (steps) =>
        steps.some((step) => /^mmap \d \d huge/.test(step)) && steps.some((step) => /^write [1-9] \d 511 /.test(step)));
    expect(stepsOf(least)).toEqual(['mmap 0 0 huge 512', 'fork 0 1', 'write 1 0 511 1']);
  });

  it('does the same every time', async () => {
    const found = Array.from({ length: 400 }, (_, number) => fuzzProgram(11, number, 'wide')).filter((one) =>
      wipedChildWrites(stepsOf(one))
    ).slice(0, 4);
    expect(found).toHaveLength(4);
    for (const one of found) {
      const once = await shrunk(one, wipedChildWrites);
      expect(stepsOf(once.program)).toHaveLength(4);
      expect(await shrunk(one, wipedChildWrites)).toEqual(once);
    }
  });

  it('says when its bound was reached before it was through', async () => {
    const one = program('watch 0 0', 'mmap 0 0 anon 4', 'write 0 0 0 1', 'read 0 0 1', 'fork 0 1', 'write 1 0 3 2');
    const judge = differs((steps) => steps.some((step) => step.startsWith('write 1')));
    const cut = await shrink(one, judge(one) as Divergence, (programs) => Promise.resolve(programs.map(judge)), 1);
    expect(cut.minimal).toBe(false);
  });

  it('does not take a model that breaks down for one that answers wrongly', async () => {
    const one = program('watch 0 0', 'mmap 0 0 anon 1', 'write 0 0 0 1', 'read 0 0 0');
    const judge = (of: Program): Divergence | null => {
      const found = differs((steps) => steps.length > 0)(of);
      return found === null ? null : { ...found, kind: of.steps.length < 3 ? 'crash' : 'class' };
    };
    const { program: least } = await shrink(one, { ...(judge(one) as Divergence), step: 2 },
      (programs) => Promise.resolve(programs.map(judge)));
    expect(least.steps).toHaveLength(3);
  });
});

describe('what is left of a program', () => {
  it('has no step of a process, a region or a slot that is not there', () => {
    const torn = program('watch 0 0 3', 'watch 1 0', 'mmap 0 0 anon 2', 'write 2 0 0 1', 'write 0 0 5 1', 'read 0 1 0',
      'unpin 0', 'pin 0 0 0 0 1', 'devwrite 0 1 9', 'devwrite 0 0 9', 'vdrop 0', 'exit 0', 'fork 0 1');
    expect(stepsOf(lawful(torn))).toEqual(['mmap 0 0 anon 2', 'pin 0 0 0 0 1', 'devwrite 0 0 9', 'exit 0']);
    expect(lawful(torn).watch).toEqual({ 0: [0] });
  });

  it('of a random program is all of it', () => {
    for (let number = 0; number < 200; number++) {
      const one = fuzzProgram(1, number, 'golden');
      expect(lawful(one)).toEqual(one);
    }
  });

  it('has one page for pages that no step tells apart', () => {
    const wide = program('watch 0 0 511', 'mmap 0 0 thp 512', 'mprotect 0 0 255 2 r', 'write 0 0 511 3',
      'pin 0 2 0 500 12', 'devread 2 511');
    const narrow = compacted(wide, 0);
    expect(stepsOf(narrow)).toEqual(['mmap 0 0 thp 6', 'mprotect 0 0 2 1 r', 'write 0 0 5 3', 'pin 0 2 0 4 2',
      'devread 2 5']);
    expect(narrow.watch).toEqual({ 0: [0, 5] });
  });

  it('counts from the first process, region, slot and store', () => {
    const high = program('watch 3 1 0', 'mmap 0 3 anon 2', 'fork 0 4', 'pin 4 7 3 0 2', 'devwrite 7 1 90',
      'vmsplice 4 7 3 0 1', 'write 0 3 0 12', 'vdrop 7');
    expect(stepsOf(renumbered(high))).toEqual(['mmap 0 0 anon 2', 'fork 0 1', 'pin 1 0 0 0 2', 'devwrite 0 1 1',
      'vmsplice 1 0 0 0 1', 'write 0 0 0 2', 'vdrop 0']);
    expect(renumbered(high).watch).toEqual({ 0: [0, 1] });
  });
});
