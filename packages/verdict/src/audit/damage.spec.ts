/** Damaged lines of recordings: no crash, no hang, no SAFE out of damage. tools/mutate-recordings.mjs does more of it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue, readText } from '@cowlab/composition/node';
import { TraceError } from '@cowlab/trace';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { damaged, DAMAGES, NOTICEABLE, pick, randomOf } from './damage.ts';
import { verdictOn } from '../verdict.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const ROUNDS = 600;
const SLOW_MS = 5000;

let lanes: readonly Lane[] = [];
beforeAll(async () => {
  lanes = await resolveLanes('linux-5.9-rc5,linux-6.18', await openCatalogue({ cwd: FIXTURES, from: 'spec' }));
});

const isBad = (word: string): boolean => word === 'UNSAFE' || word === 'DEPENDS';
const wordsOf = (name: string, strace: string): string[] =>
  verdictOn({ name, strace }, lanes).kernels.map(({ verdict }) => verdict);

describe('a recording with a damaged line', () => {
  const recordings = readdirSync(FIXTURES).filter((name) => name.endsWith('.strace') && name !== 'perf-trace.strace')
    .map((name) => ({ name, lines: readText(join(FIXTURES, name)).trimEnd().split('\n') }));

  it('gives a verdict or a refusal in one line, soon, and none that is better than before', () => {
    const random = randomOf(2026);
    const wrong: string[] = [];
    const before = new Map<string, string[]>();
    for (let round = 0; round < ROUNDS; round++) {
      const { name, lines } = recordings[pick(recordings.length, random)];
      const kind = DAMAGES[pick(DAMAGES.length, random)];
      const index = pick(lines.length, random);
      const text = `${damaged(lines, kind, random, index).join('\n')}\n`;
      const began = performance.now();
      try {
        const whole = before.get(name) ?? wordsOf(name, `${lines.join('\n')}\n`);
        before.set(name, whole);
        const words = wordsOf(name, text);
        const better = words.some((word, at) => isBad(whole[at]) && !isBad(word));
        if (better && NOTICEABLE.includes(kind)) wrong.push(`${name}:${index + 1} by ${kind}: ${words.join(' ')}`);
      } catch (error) {
        if (!(error instanceof TraceError) || error.message.includes('\n')) throw error;
      }
      if (performance.now() - began > SLOW_MS) wrong.push(`${name}:${index + 1} by ${kind} is slow`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('is as bad as it was when the line that tells it all does not read', () => {
    // The registration, the fork() and the death, each cut in the middle.
    for (const [name, index] of [['bss.strace', 15], ['dontfork.strace', 18], ['dontfork.strace', 20], ['mlock.strace',
      11]] as const)
    {
      const lines = readText(join(FIXTURES, name)).trimEnd().split('\n');
      const cut = lines.map((line, at) => (at === index ? line.slice(0, line.length / 2) : line));
      expect([name, index, wordsOf(name, `${cut.join('\n')}\n`).every(isBad)]).toEqual([name, index, true]);
    }
  });
});
