/**
 * Random programs on the kernel of this machine, where it can be asked; elsewhere the tests are skipped and their name
 * says why.
 */
import { release } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { whyNotLive } from '../live/agent.ts';
import { LiveKernel } from './fuzz-kernel.ts';
import { fuzzProgram } from '../programs/fuzz-program.ts';

/** Another run may have the machine. */
const WAIT = 300_000;

const reason = whyNotLive();
(reason === null ? describe : describe.skip)(
  `the kernel of this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('answers many programs in the order in which they were asked', async () => {
      const kernel = await LiveKernel.open();
      try {
        expect(kernel.release).toBe(release());
        const programs = Array.from({ length: 20 }, (_, number) => fuzzProgram(2, number, 'golden'));
        const [early, late] = [kernel.ask(programs.slice(0, 10)), kernel.ask(programs.slice(10))];
        const answers = await Promise.all([...early, ...late]);
        expect(answers.map((answer) => ('observations' in answer ? answer.observations.length : answer.failure)))
          .toEqual(programs.map(({ steps }) => steps.length + 1));
      } finally {
        await kernel.close();
      }
    }, WAIT);

    it('is through with what it was asked before it is closed, whether or not anybody waits', async () => {
      const kernel = await LiveKernel.open();
      const answers = kernel.ask([fuzzProgram(2, 0, 'golden'), fuzzProgram(2, 1, 'golden')]);
      await kernel.close();
      expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    }, WAIT);
  },
);
