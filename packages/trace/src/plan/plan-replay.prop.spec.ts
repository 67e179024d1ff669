/** Damaged recordings: each is either refused in one line, or it plans and runs, to whatever it comes. */
import { describe, expect, it } from '@jest/globals';
import { type Overlay, stackPolicies } from '@cowlab/core';
import { Lab } from '@cowlab/runtime';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { replayRegistered } from '../replay/registered.ts';
import { planReplay } from './plan-replay.ts';
import { TraceError } from '../trace-error.ts';

const naive: Overlay = { id: 'naive', hooks: { onWriteFault: (page) => (page.mapcount <= 1 ? 'reuse' : 'copy') } };
const fixture = (file: string): URL => new URL(`../../fixtures/${file}`, import.meta.url);
const unzipped = (file: string): string => gunzipSync(readFileSync(fixture(`${file}.gz`))).toString();
const TEXTS = {
  strace: unzipped('uring-fork.strace'),
  faults: unzipped('uring-fork.faults'),
  accesses: readFileSync(fixture('uring-fork.accesses'), 'utf8'),
};
type Part = keyof typeof TEXTS;

/** Damage that mostly still reads: digits changed, lines dropped, doubled or exchanged. */
const damage = fc.array(
  fc.record({
    part: fc.constantFrom<Part[]>('strace', 'faults', 'accesses'),
    line: fc.nat(),
    how: fc.constantFrom('drop', 'double', 'swap', 'word', 'digit', 'digit', 'digit'),
    at: fc.nat(),
    digit: fc.constantFrom(...'0123456789abcdef'),
    word: fc.constantFrom(['MAP_PRIVATE', 'MAP_SHARED'], ['12443', '12442'], ['12442', '77'], [' = 0', ' = ?']),
  }),
  { minLength: 1, maxLength: 5 },
);
type Damage = typeof damage extends fc.Arbitrary<infer All> ? All : never;

function damaged(changes: Damage): Record<Part, string> {
  const lines = { strace: TEXTS.strace.split('\n'), faults: TEXTS.faults.split('\n'),
    accesses: TEXTS.accesses.split('\n') };
  for (const { part, line, how, at: where, digit, word } of changes) {
    const text = lines[part];
    const at = line % (text.length - 1);
    if (how === 'drop') text.splice(at, 1);
    else if (how === 'double') text.splice(at, 0, text[at]);
    else if (how === 'swap') [text[at], text[0]] = [text[0], text[at]];
    else if (how === 'word') text[at] = text[at].replace(word[0], word[1]);
    else {
      const digits = [...text[at].matchAll(/[0-9a-f]/g)].map(({ index }) => index);
      const index = digits[where % Math.max(1, digits.length)] ?? 0;
      text[at] = text[at].slice(0, index) + digit + text[at].slice(index + 1);
    }
  }
  return { strace: lines.strace.join('\n'), faults: lines.faults.join('\n'), accesses: lines.accesses.join('\n') };
}

describe('a damaged recording', () => {
  it('is refused in one line, or plans and runs to its end', () => {
    let refused = 0;
    let ran = 0;
    fc.assert(
      fc.property(damage, (changes) => {
        try {
          const plan = planReplay({ name: 'damaged', ...damaged(changes) });
          const { run } = replayRegistered(plan, new Lab({ policy: stackPolicies([naive]) }));
          expect(run.commands).toBe(plan.items.reduce((sum, { commands }) => sum + commands.length, 0));
          ran++;
        } catch (error) {
          if (!(error instanceof TraceError)) throw error;
          expect(error.message).toMatch(/^damaged\.(strace|faults|accesses):\d+: [^\n]+; [^\n;]+$/);
          refused++;
        }
      }),
      { numRuns: 80 },
    );
    // Both ways out were taken, or the damage is of no use.
    expect([refused > 0, ran > 0]).toEqual([true, true]);
  }, 60_000);
});
