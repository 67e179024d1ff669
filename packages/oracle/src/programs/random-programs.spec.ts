import { describe, expect, it } from '@jest/globals';
import { formatPrograms, parsePrograms } from '@cowlab/scenario';
import { randomProgram } from './random-programs.ts';

const seeds = Array.from({ length: 200 }, (_, seed) => seed);
const programs = seeds.map((seed) => randomProgram({ seed }));

describe('random programs', () => {
  it('are the same for the same seed and others for another', () => {
    expect(seeds.map((seed) => randomProgram({ seed }))).toEqual(programs);
    expect(new Set(programs.map(({ steps }) => JSON.stringify(steps))).size).toBe(seeds.length);
  });

  it('can be written and read', () => expect(parsePrograms(formatPrograms(programs), 'random')).toEqual(programs));

  it('name only processes that run', () => {
    for (const { steps } of programs) {
      const running = new Set([0]);
      for (const step of steps) {
        if ('p' in step) expect(running).toContain(step.p);
        if (step.op === 'fork') running.add(step.child);
        if (step.op === 'exit') running.delete(step.p);
      }
    }
  });

  it('have every step of the recordings, and more only when asked', () => {
    const ops = (some: typeof programs): string[] =>
      [...new Set(some.flatMap(({ steps }) => steps.map(({ op }) => op)))].sort();
    expect(ops(programs).join(' ')).toBe(
      'devread devwrite exit fork madvise mmap mprotect munmap pin pvread pvwrite read unpin vdrop vmsplice write',
    );
    expect(ops(seeds.map((seed) => randomProgram({ seed, wide: true })))).toEqual(
      expect.arrayContaining(['mlock', 'munlock', 'mremap']),
    );
  });
});
