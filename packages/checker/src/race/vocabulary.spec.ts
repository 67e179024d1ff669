/** What an editor or a page is told of races is what the parser reads. */
import { describe, expect, it } from '@jest/globals';
import { parseRace, raceFaults } from './parse-race.ts';
import { RACE_TERMS, RACE_VALUES } from './vocabulary.ts';

const RACE = 'title ?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nactor A\nfork 0 1\nactor B\ngupfast 0 0 0 0 1\n';
const faults = (text: string): string[] =>
  raceFaults(text, 'a.race').map(({ line, column, mend }) => `${line}:${column} ${mend}`);

describe('the words of a race', () => {
  it.each(RACE_TERMS.map(({ word, shape }) => [word, shape]))('%s is known to the parser, as %s', (word, shape) => {
    expect(shape.split(' ')[0]).toBe(word);
    expect(faults(`${RACE}${word}`).filter((fault) => fault.includes('did you mean'))).toEqual([]);
  });

  it('are all taken where they may stand', () => {
    const { spec, weaken, memory, verdict } = RACE_VALUES;
    const lines = [`spec ${Object.keys(spec).join(' ')}`, `weaken ${Object.keys(weaken).join(' ')}`,
      ...Object.keys(verdict).map((word, at) => `check linux-5.${at} ${Object.keys(memory).join(',')} ${word}`)];
    expect(parseRace(RACE + lines.join('\n'), 'a.race').specs).toEqual(Object.keys(spec));
  });
});

describe('all that is wrong with a race', () => {
  it('is nothing where it reads', () => {
    expect(faults(RACE)).toEqual([]);
  });

  it('is told of every line', () => {
    expect(faults(`${RACE}gupfats 0 1 0 0 1\ncheck * sc saef\n`)).toEqual(['8:1 did you mean "gupfast"?',
      '9:12 did you mean "safe"?']);
  });

  it('begins with what the parser throws', () => {
    for (const text of ['', 'title ?', 'title ?\nactor A', RACE.replace('fork 0 1', 'fork 0 9'),
      `${RACE}write 3 0 0 1`])
    {
      const [first] = raceFaults(text, 'a.race');
      expect(() => parseRace(text, 'a.race')).toThrow(first.message);
    }
  });
});
