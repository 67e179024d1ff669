import { describe, expect, it } from '@jest/globals';
import { execute, frameAt, Kernel, stackPolicies, World, X86_64 } from '@cowlab/core';
import { Driver, parsePrograms } from '@cowlab/scenario';
import type { Observation, PageEntry } from './observation.ts';
import { Observer } from './observe.ts';
import { reportingOf } from './reporting.ts';
import { runProgram } from '../golden/run-program.ts';

/** Naive copy-on-write: what is under every stack. */
const naive = stackPolicies([]);

function observed(watch: string, steps: string, kernel = '5.10'): Observation[] {
  const [program] = parsePrograms(`prog 1\n${watch}\n${steps}\nend\n`, 'spec');
  return runProgram(program, naive, reportingOf(kernel));
}

/** Of region 0. */
const seen = (observation: Observation, p = 0): readonly PageEntry[] => observation.o[p][0];

describe('a class is a page frame, numbered by first appearance', () => {
  const steps = 'mmap 0 0 anon 2\nwrite 0 0 1 1\nwrite 0 0 0 2\nfork 0 1\nwrite 1 0 1 3\nmadvise 0 0 0 1 dontneed';
  const observations = observed('watch 0 0 1', steps);

  it('pages get their numbers in the order in which they are touched, not of their addresses', () => {
    expect(seen(observations[1])).toEqual([0, [1, 1, 1, 'xA']]);
    expect(seen(observations[2])).toEqual([[2, 2, 1, 'xA'], [1, 1, 1, 'xA']]);
  });

  it('fork() shares them, a copy is a new one', () => {
    expect([seen(observations[3]), seen(observations[3], 1)]).toEqual([[[2, 2, 2, 'A'], [1, 1, 2, 'A']], [[2, 2, 2,
      'A'], [1, 1, 2, 'A']]]);
    expect([seen(observations[4]), seen(observations[4], 1)]).toEqual([[[2, 2, 2, 'A'], [1, 1, 1, 'xA']], [[2, 2, 2,
      'A'], [3, 3, 1, 'xA']]]);
  });

  it('of a page that one of two processes drops the other keeps the number', () => {
    expect([seen(observations[5]), seen(observations[5], 1)]).toEqual([[0, [1, 1, 1, 'xA']], [[2, 2, 1, 'xA'], [3, 3, 1,
      'xA']]]);
  });

  it('a page that nobody shows for a while comes back with a new number', () => {
    const file = observed('watch 0 3', 'mmap 0 0 sharedfile 4\nwrite 0 0 3 9\nmadvise 0 0 3 1 dontneed\nread 0 0 3')
      .map((one) => seen(one));
    expect(file).toEqual([[0], [[1, 9, 1, 'xf']], [0], [[2, 9, 1, 'xf']], [[2, 9, 1, 'xf']]]);
  });
});

describe('a frame that is freed and taken again between two looks', () => {
  it('is a new page', () => {
    const [program] = parsePrograms('prog 1\nwatch 0 0 1\nmmap 0 0 anon 2\nwrite 0 0 0 1\nwrite 0 0 1 2\nend\n',
      'spec');
    const world = new World(X86_64);
    const kernel = new Kernel(world, naive);
    const driver = new Driver((command) => execute(kernel, command).result, X86_64, 0);
    const observer = new Observer(world, driver, program, reportingOf('5.10'));
    const classes = (): unknown => observer.look().o[0][0].map((entry) => (entry === 0 ? 0 : entry[0]));
    for (const step of program.steps) driver.step(step);
    expect(classes()).toEqual([1, 2]);
    const frame = frameAt(world, 0, observer.regions[0].start);
    const [again] = parsePrograms('prog 2\nmmap 0 0 anon 2\nmadvise 0 0 0 1 dontneed\nwrite 0 0 0 3\nend\n', 'spec');
    for (const step of again.steps.slice(1)) driver.step(step);
    expect(frameAt(world, 0, observer.regions[0].start)).toBe(frame);
    expect(classes()).toEqual([3, 2]);
  });
});

describe('what is seen of a page', () => {
  it('the zero pages have no class of their own and no mapcount', () => {
    expect(seen(observed('watch 0 0', 'mmap 0 0 anon 1\nread 0 0 0')[1])).toEqual([[0, 0, 0, 'Z']]);
    expect(seen(observed('watch 0 0 7', 'mmap 0 0 thp 512\nread 0 0 9')[1])).toEqual([[-1, 0, 0, 'ThZ'], [-1, 0, 0,
      'TtZ']]);
    expect(seen(observed('watch 0 0 7', 'mmap 0 0 thp 512\nread 0 0 9', '6.1')[1])).toEqual([[-1, 0, 0, 'fThZ'], [-1, 0,
      0, 'fTtZ']]);
  });

  it('a huge page has a class for each of its pages', () => {
    expect(seen(observed('watch 0 0 511', 'mmap 0 0 thp 512\nwrite 0 0 511 4')[1])).toEqual([[1, 0, 1, 'xATh'], [2, 4,
      1, 'xATt']]);
    expect(seen(observed('watch 0 0 511', 'mmap 0 0 huge 512\nwrite 0 0 511 4')[1])).toEqual([[1, 0, 1, 'xAHh'], [2, 4,
      1, 'xAHt']]);
  });

  it('under PROT_NONE it is there and cannot be read', () => {
    const observations = observed('watch 0 0 1',
      'mmap 0 0 anon 2\nwrite 0 0 0 5\nwrite 0 0 1 6\nmprotect 0 0 1 1 none');
    expect(seen(observations[3])).toEqual([[1, 5, 1, 'xA'], [2, null, 1, 'xA']]);
    expect(observations[4].f).toEqual({ 0: { 0: [5, null] } });
  });

  it('of sixteen watched pages the recorder looks at the first eight, in last loads and pins too', () => {
    const pages = Array.from({ length: 16 }, (_, page) => page);
    const observations = observed(`watch 0 ${pages.join(' ')}`,
      'mmap 0 0 anon 16\nwrite 0 0 9 1\npin 0 0 0 7 3\npin 0 1 0 9 1');
    expect(seen(observations[1])).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(observations[3].d).toEqual({ 0: [[7, 0]], 1: [] });
    expect(observations[4].f).toEqual({ 0: { 0: [0, 0, 0, 0, 0, 0, 0, 0] } });
  });
});

describe('an observation', () => {
  const observations = observed('watch 0 0',
    ['mmap 0 0 anon 3', 'write 0 0 0 5', 'pin 0 0 0 0 2', 'vmsplice 0 3 0 0 2', 'devwrite 0 0 6', 'devread 0 0',
      'read 0 0 0', 'fork 0 4', 'unpin 0', 'devread 0 0', 'vdrop 3', 'munmap 0 0 0 3', 'write 0 0 0 1', 'exit 0'].join(
        '\n',
      ));
  const of = (...fields: (keyof Observation)[]): unknown[] =>
    observations.map((one) => fields.map((field) => one[field]));

  it('says what the step came to: the child, the byte, the bytes, or -1 and the name', () => {
    expect(of('i', 'ret', 'err')).toEqual([[0, 0, undefined], [1, 0, undefined], [2, 0, undefined], [3, 8192,
      undefined], [4, 0, undefined], [5, 6, undefined], [6, 6, undefined], [7, 4, undefined], [8, 0, undefined], [9, -1,
      'ENXIO'], [10, 0, undefined], [11, 0, undefined], [12, -1, 'SIGSEGV'], [13, 0, undefined], [-1, undefined,
      undefined]]);
  });

  it('says what devices and pipes hold while they hold anything', () => {
    const d = { 0: [[0, 6]] };
    const v = { 3: [6, 0] };
    expect(of('d', 'v').slice(2, 11)).toEqual([[{ 0: [[0, 5]] }, undefined], [{ 0: [[0, 5]] }, { 3: [5, 0] }], [d, v], [
      d,
      v,
    ], [d, v], [d, v], [undefined, v], [undefined, v], [undefined, undefined]]);
  });

  it('shows the processes that run, and the last one what their loads give', () => {
    expect(observations.map(({ o }) => Object.keys(o).join())).toEqual(['0', '0', '0', '0', '0', '0', '0', '0,4', '0,4',
      '0,4', '0,4', '0,4', '0,4', '4', '4']);
    expect(observations.at(-1)).toMatchObject({ i: -1, f: { 4: { 0: [6] } } });
  });
});
