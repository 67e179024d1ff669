import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatPrograms, formatScenario } from './format.ts';
import { parsePrograms, parseScenario } from './parse.ts';
import { ScenarioError } from './scenario-error.ts';
import { STEP_OPS } from './words/words.ts';

const VALID = `question what does the child see?
title all at once
pool 3
watch 0 0 1
mmap 0 0 anon 4
mmap 0 1 thp 1024
write 0 0 0 1
rpin 0 1 1 0 512
pin 0 0 0 0 2
vmsplice 0 0 0 1 1
madvise 0 0 3 1 dontfork
mprotect 0 0 2 1 r
fork 0 1
thread 1 2
swapout 1 0 0 4
devwrite 0 1 9
storm 0 0 0 2 10
exit 1
unpin 1
xfail linux-5.7,linux-5.8 the pin is lost
xfail * for no reason
expect naive-cow,linux-5.7 pin 0 diverged 0 1
expect * hazards H1 H4
expect linux-7.2 value 2 0 3 SIGSEGV
expect * device 0 1 9
expect * pipe 0 0 9
expect * copied >=2
expect * step 11 EINVAL
expect linux-7.2 storm may-tear
expect * walked 8 514
`;
const WORDS = [...new Set(VALID.split(/[\s,]+/)), ...STEP_OPS, 'prog', 'end', '#', '-1', '4096', '1e9', 'constructor',
  '__proto__', '\uFEFF', '\u2028'];

/** One line, in the form an editor jumps to; anything but a ScenarioError is a defect of the parser. */
function parsedOrRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.message).toMatch(/^x:[1-9]\d*:[1-9]\d*: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+$/u);
    return undefined;
  }
}

function holds(text: string): void {
  const scenario = parsedOrRefused(() => parseScenario(text, 'x'));
  if (scenario) {
    const printed = formatScenario(scenario);
    expect(formatScenario(parseScenario(printed, 'x'))).toBe(printed);
  }
  for (const strict of [false, true]) {
    const programs = parsedOrRefused(() => parsePrograms(text, 'x', { strict }));
    if (programs) expect(parsePrograms(formatPrograms(programs), 'x', { strict })).toEqual(programs);
  }
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
  fc.tuple(fc.nat(60), fc.nat(60), fc.nat(2)).map(([at, length, times]) => (text: string) => {
    const lines = text.split('\n');
    const cut = lines.splice(at % lines.length, length % 3);
    for (let i = 0; i < times; i++) lines.splice((at * 7 + i) % (lines.length + 1), 0, ...cut);
    return lines.join('\n');
  }),
);

describe('any text parses or is refused in one line', () => {
  it('the unmutated text parses and comes back', () => {
    expect(formatScenario(parseScenario(VALID, 'x'))).toBe(VALID);
  });

  it('random bytes', () => {
    fc.assert(fc.property(bytes, holds), { numRuns: 500 });
  });

  it('random words of the language', () => {
    fc.assert(fc.property(words, (list) => holds(list.flat().join(''))), { numRuns: 500 });
  });

  it('mutations of a valid scenario, and of the same steps as a recorded program', () => {
    const recorded = `prog 1\n${
      VALID.split('\n').filter((line) => !/^(question|title|expect|xfail)/.test(line)).join('\n')
    }end\n`;
    fc.assert(
      fc.property(fc.constantFrom(VALID, recorded), fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (text, mutations) => holds(mutations.reduce((mutated, mutate) => mutate(mutated), text))),
      { numRuns: 1000 },
    );
  });
});
