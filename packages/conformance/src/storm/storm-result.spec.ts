/**
 * What is said of counts of torn children. On a machine that can have storms; elsewhere all of it is skipped, and why
 * is said.
 */
import { parseScenario, type Scenario } from '@cowlab/scenario';
import { whyNotStorm } from './storm-here.ts';
import { describe, expect, it } from '@jest/globals';
import { stormResults } from './storm-result.ts';
import type { TestResult } from '../report/test-result.ts';

const scenario = (...lines: readonly string[]): Scenario =>
  parseScenario(['question q', 'mmap 0 0 anon 4', ...lines].join('\n'), 'x.cow');
const PATIENCE_MS = 60_000;
const told = (results: readonly TestResult[]): unknown[] =>
  results.map(({ name, outcome, why }) => [name, outcome, ...(why === undefined ? [] : [why])]);

const reason = whyNotStorm();
(reason === null ? describe : describe.skip)(`a storm as test results${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('holds whole against what was counted, with the count beside it', async () => {
      const [result, ...more] = await stormResults(scenario('storm 0 0 0 4 20', 'expect linux-6.18 storm whole'),
        'linux-6.18');
      expect(more).toEqual([]);
      if (result.outcome === 'skip') return expect(result.why).toMatch(/: /);
      expect(told([result])).toEqual([['storm whole', 'pass']]);
      expect(result.notes?.[0]).toMatch(
        /^torn: 0 of \d+ child(ren)?( \(20 were asked for, the time was up\))?; the writer made \d+ rounds in [\d.]+ s$/,
      );
    }, PATIENCE_MS);

    it('makes no pass of a race that was not seen', async () => {
      const [result] = await stormResults(scenario('storm 0 0 0 4 20', 'expect * storm may-tear'), 'linux-6.18');
      expect(result.outcome).toBe('skip');
      expect(result.why).toMatch(/^none of \d+ children was torn, which proves nothing$|: /);
    }, PATIENCE_MS);

    it('has a pinned storm without its pins first', async () => {
      const results = await stormResults(
        scenario('pin 0 0 0 0 4', 'storm 0 0 0 4 20', 'expect linux-6.18 storm may-tear'),
        'linux-6.18',
      );
      expect(results.map(({ name }) => name)).toEqual(['storm without the pins is whole', 'storm may-tear']);
      expect(results.map(({ outcome }) => outcome)).not.toContain('fail');
    }, PATIENCE_MS);

    it('says when nothing is expected of the kernel', async () => {
      expect(told(await stormResults(scenario('storm 0 0 0 4 5', 'expect linux-5.9 storm whole'), 'linux-6.18')))
        .toEqual([['storm', 'skip', 'the scenario expects no storm whole or may-tear of linux-6.18']]);
    }, PATIENCE_MS);
  });
