/** What an editor or a page is told of the language is what the parser reads. */
import { describe, expect, it } from '@jest/globals';
import { parseScenario, scenarioFaults } from './parse.ts';
import { ASSERTION_TERMS, CLAIM_TERMS, HEAD_TERMS, operandName, STEP_TERMS, valuesOf } from './vocabulary.ts';
import { STEP_OPS } from './words/words.ts';

const ALL = [...HEAD_TERMS, ...STEP_TERMS, ...CLAIM_TERMS];

describe('the words of the language', () => {
  it('are each told once, with what they mean and how they are written', () => {
    expect(STEP_TERMS.map(({ word }) => word)).toEqual(STEP_OPS);
    expect(new Set(ALL.map(({ word }) => word)).size).toBe(ALL.length);
    for (const { word, shape, says } of [...ALL, ...ASSERTION_TERMS])
      expect([word, shape.split(' ')[0], says.length > 10]).toEqual([word, word, true]);
  });

  it.each(ALL.map(({ word }) => word))('%s is known to the parser', (word) => {
    const texts = scenarioFaults(`${word} x x x\n`, 'a.cow').map(({ message }) => message);
    expect(texts.filter((text) => text.includes('unknown word'))).toEqual([]);
  });

  it.each(ASSERTION_TERMS.map(({ word }) => word))('%s is known as an assertion', (word) => {
    const [fault] = scenarioFaults(`question ?\nmmap 0 0 anon 1\nexpect * ${word} x x x x x\n`, 'a.cow');
    expect(fault.message).not.toContain('ASSERTION is');
  });

  it('have operands that are words where the parser takes words, and every one of those is taken', () => {
    const lines = STEP_TERMS.flatMap(({ word, operands }) =>
      operands.flatMap((operand, at) =>
        Object.keys(valuesOf(operand) ?? {}).map((value) =>
          [word, ...operands.map((other, nr) =>
            nr === at ? value : other === 'nr' ? '512' : Object.keys(valuesOf(other) ?? { 0: '' })[0]
          )].join(' ')
        )
      )
    );
    expect(lines.length).toBeGreaterThan(15);
    for (const line of lines) {
      const steps = line.startsWith('mmap') ? line : `mmap 0 0 anon 512\n${line}`;
      expect(parseScenario(`question ?\n${steps}\n`, 'a.cow').program.steps.length).toBeGreaterThan(0);
    }
  });

  it('have operands with the names that their shape shows', () => {
    for (const { word, shape, operands } of STEP_TERMS)
      expect(shape).toBe([word, ...operands.map(operandName)].join(' '));
  });
});

describe('all that is wrong with a scenario', () => {
  const faults = (...lines: string[]): string[] =>
    scenarioFaults(lines.join('\n'), 'a.cow').map(({ line, column, mend }) => `${line}:${column} ${mend}`);

  it('is nothing where it reads', () => {
    expect(faults('question ?', 'mmap 0 0 anon 4', 'expect * no-leak')).toEqual([]);
  });

  it('begins with what the parser throws', () => {
    for (const text of ['', 'question ?', 'mmap 0 0 anon 4', 'question ?\nfork 0', 'question ?\nfork 0 1\nfork 0 1']) {
      const [first] = scenarioFaults(text, 'a.cow');
      expect(() => parseScenario(text, 'a.cow')).toThrow(first.message);
    }
  });

  it('is told of every line', () => {
    expect(faults('question ?', 'mmap 0 0 anno 4', 'wirte 0 0 0 1', 'fork 0', 'expect * no-leek')).toEqual([
      '2:10 did you mean "anon"?',
      '3:1 did you mean "write"?',
      '4:7 write it as: fork P CHILD',
      '5:10 did you mean "no-leak"?',
    ]);
  });

  it('is no complaint about what a line above was to make', () => {
    expect(faults('question ?', 'mmpa 0 0 anon 4', 'write 0 0 0 1', 'expect * value 0 0 0 1')).toEqual([
      '2:1 did you mean "mmap"?',
    ]);
  });

  it('still holds pages to their region after a line that makes nothing', () => {
    expect(faults('question ?', 'mmap 0 0 anon 4', 'write 0 0 0', 'write 0 0 4 1')).toEqual([
      '3:12 write it as: write P R '
      + 'PAGE V',
      '4:11 use pages 0 to 3',
    ]);
  });

  it('ends somewhere, however broken the text is', () => {
    expect(faults('question ?', ...Array.from({ length: 5000 }, () => 'no')).length).toBe(100);
  });
});
