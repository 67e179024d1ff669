import { ScenarioError, STEP_OPS } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatRace } from './format-race.ts';
import { parseRace } from './parse-race.ts';
import { SPECS } from './specs.ts';

const VALID = `title all at once
question what comes of it?
note a commit
pool 2
mmap 0 0 anon 4
mmap 0 1 huge 4
mmap 0 2 thp 8
write 0 0 0 1
pin 0 0 0 0 2
fork 0 1
swapout 0 0 0 1
spec snapshot coherence no-leak
weaken wrprotect lock
actor A
  fork 0 2
  fork 2 3
actor B tlb
  gupfast 0 1 1 0 4
  devwrite 0 1 9
  unpin 0
  vmsplice 0 0 0 1 1
  vdrop 0
actor C
  ksm 1 0 2
  mprotect 0 0 2 1 r
  madvise 0 0 3 1 dontneed
  munmap 2 2 0 4
check linux-5.9,linux-5.11+what-if:gupSeqChecks=first sc,tso broken
check * tso safe
`;
const WORDS = [...new Set(VALID.split(/[\s,]+/)), ...STEP_OPS, ...Object.keys(SPECS), 'tlb', 'sc,tso', '#', '-1', '16',
  '4096', '1e9', 'constructor', '__proto__', '\uFEFF', '\u2028'];

/** One line, in the form an editor jumps to; anything but a ScenarioError is a defect of the parser. */
function holds(text: string): void {
  let race;
  try {
    race = parseRace(text, 'x');
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.message).toMatch(/^x:[1-9]\d*:[1-9]\d*: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+$/u);
    return;
  }
  const printed = formatRace(race);
  expect(formatRace(parseRace(printed, 'x'))).toBe(printed);
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => String.fromCharCode(...array));
const words = fc.array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', '\n', '\t', '\r\n')), {
  maxLength: 60,
});
/** Replaces one word, or cuts, doubles or swaps lines. */
const mutation = fc.oneof(
  fc.tuple(fc.nat(200), fc.oneof(fc.constantFrom(...WORDS), fc.nat(600).map(String), fc.string())).map(
    ([at, word]) => (text: string) => {
      const parts = text.split(/(\s+)/);
      parts[(at * 2) % parts.length] = word;
      return parts.join('');
    },
  ),
  fc.tuple(fc.nat(60), fc.nat(60), fc.constantFrom('cut', 'double', 'swap')).map(
    ([from, to, how]) => (text: string) => {
      const lines = text.split('\n');
      const [a, b] = [from % lines.length, to % lines.length];
      if (how === 'cut') lines.splice(a, 1);
      else if (how === 'double') lines.splice(b, 0, lines[a]);
      else [lines[a], lines[b]] = [lines[b], lines[a]];
      return lines.join('\n');
    },
  ),
);

describe('whatever the text, a race is read or refused in one line that names the place:', () => {
  it('the text that the others are made of reads', () => {
    expect(parseRace(VALID, 'x').actors.map(({ steps }) => steps.length)).toEqual([2, 5, 4]);
  });

  it('bytes', () => {
    fc.assert(fc.property(bytes, holds));
  });

  it('known words in any order', () => {
    fc.assert(fc.property(words, (list) => holds(list.flat().join(''))));
  });

  it('a race with a few slips', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (changes) => holds(changes.reduce((text, change) => change(text), VALID))),
      { numRuns: 600 },
    );
  });
});
