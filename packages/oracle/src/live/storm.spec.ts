/** Storms on the kernel of this machine: what is refused, and that the counts are counts of something. */
import { parseScenario, type Program } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { isStorm, runStorm, whyNoStorm } from './storm.ts';

const program = (steps: string): Program => parseScenario(`question q\n${steps}`, 'x.cow').program;
const refusal = (steps: string): Promise<string> =>
  runStorm(program(steps)).then(() => 'no error', (error: Error) => error.message);

describe('a program for a live storm', () => {
  it('is told from others by its step', () => {
    expect(isStorm(program('mmap 0 0 anon 2\nstorm 0 0 0 2 1'))).toBe(true);
    expect(isStorm(program('mmap 0 0 anon 2\nwrite 0 0 0 2'))).toBe(false);
  });

  it('is a region of one process, its pins, and a storm at the end', async () => {
    const elsewhere = 'the scenario: a storm on a live kernel has one process and one region; leave the others out';
    const last =
      'the scenario: a storm on a live kernel is the last step, and the only storm; make it a scenario of its own';
    expect(await refusal('mmap 0 0 anon 2\nmmap 0 1 anon 2\nstorm 0 0 0 2 1')).toBe(elsewhere);
    expect(await refusal('mmap 0 0 anon 2\nmmap 0 0 anon 4\nstorm 0 0 0 2 1')).toBe(elsewhere);
    expect(await refusal('mmap 0 0 anon 2\nstorm 0 0 0 2 1\nread 0 0 0')).toBe(last);
    expect(await refusal('mmap 0 0 anon 2\nstorm 0 0 0 2 1\nstorm 0 0 0 2 1')).toBe(last);
    expect(await refusal('mmap 0 0 anon 2\nread 0 0 0')).toBe(last);
    expect(await refusal('mmap 0 0 anon 2\nfork 0 1\nstorm 0 0 0 2 1')).toBe(
      'the scenario: a storm on a live kernel knows no fork; leave it out, or ask the model alone',
    );
    const pins = Array.from({ length: 17 }, (_, slot) => `pin 0 ${slot} 0 0 1`).join('\n');
    expect(await refusal(`mmap 0 0 anon 2\n${pins}\nstorm 0 0 0 2 1`)).toBe(
      'the scenario: 17 pins are more than 16; pin longer ranges',
    );
  });
});

const reason = whyNoStorm();
(reason === null ? describe : describe.skip)(`a storm on this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    const PATIENCE_MS = 60_000;

    it('without a pin is had once, and whole', async () => {
      const { storm, unpinned, pinned } = await runStorm(
        program('mmap 0 0 anon 8\npin 0 0 0 0 4\nunpin 0\nstorm 0 0 2 4 20'),
        { secondsMax: 5 },
      );
      expect(storm).toEqual({ op: 'storm', p: 0, r: 0, start: 2, nr: 4, children: 20 });
      expect(pinned).toBeNull();
      if (!('missing' in unpinned)) expect(unpinned).toMatchObject({ torn: 0, first: [] });
    }, PATIENCE_MS);

    it('never tears one page, pinned or not', async () => {
      const { unpinned, pinned } = await runStorm(program('mmap 0 0 anon 1\npin 0 0 0 0 1\nstorm 0 0 0 1 50'), {
        secondsMax: 5,
      });
      for (const half of [unpinned, pinned])
        if (half !== null && !('missing' in half)) expect(half).toMatchObject({ torn: 0, first: [] });
    }, PATIENCE_MS);

    it('ends when the time is up', async () => {
      const { unpinned } = await runStorm(program('mmap 0 0 anon 64\nstorm 0 0 0 64 100000'), { secondsMax: 0.2 });
      if (!('missing' in unpinned)) expect(unpinned.children).toBeLessThan(100_000);
    }, PATIENCE_MS);
  });
