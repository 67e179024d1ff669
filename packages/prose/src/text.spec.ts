import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ascii } from './ascii.ts';
import { didYouMean, nearestWord } from './meant.ts';
import { ranges } from './numbers.ts';
import { paragraph } from './paragraph.ts';
import { shellWord } from './shell-word.ts';
import { table } from './table.ts';

const expand = (text: string): number[] =>
  text.split(',').flatMap((piece, at, all) => {
    if (piece === '...') {
      const [from, next, to] = [Number(all[at - 2]), Number(all[at - 1]), Number(all[at + 1])];
      return Array.from({ length: (to - next) / (next - from) - 1 }, (_, k) => next + (k + 1) * (next - from));
    }
    const [from, to = from] = piece.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, k) => from + k);
  });

describe('ranges', () => {
  it.each([[[], ''], [[3], '3'], [[3, 1, 2, 7], '1-3,7'], [[1, 3, 5], '1,3,5'], [[0, 2, 4, 6, 8, 10], '0,2,...,10'], [[
    1,
    2,
    4,
    6,
    8,
    10,
    12,
  ], '1-2,4,6,...,12']])('%j', (numbers, text) => {
    expect(ranges(numbers)).toBe(text);
  });

  it('say exactly the numbers they were given', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(60), { minLength: 1 }), (numbers) => {
      expect(expand(ranges(numbers))).toEqual([...numbers].sort((a, b) => a - b));
    }));
  });
});

describe('text', () => {
  const word = fc.string({ unit: 'binary', maxLength: 120 });

  it('a table is never wider than 75 columns and plain ASCII, whatever is in it', () => {
    fc.assert(fc.property(fc.array(fc.tuple(word, word, word), { minLength: 1, maxLength: 4 }), (rows) => {
      for (const line of table(['lane', 'a', 'b'], rows)) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
    }));
  });

  it('a paragraph is never wider than 75 columns and loses no word', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 })), (words) => {
      const text = words.map((one) => one.replaceAll(' ', '')).filter((one) => one !== '').join(' ');
      const lines = paragraph(text, 'first  ');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(75);
      expect(lines.join('').replaceAll(' ', '')).toBe(`first${text}`.replaceAll(' ', ''));
    }));
  });

  it('a cell that is too long goes on in the next line', () => {
    const lines = table(['lane', 'what'], [['linux-5.9', 'word '.repeat(40).trim()]]);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.join(' ').match(/word/g)).toHaveLength(40);
  });

  it('a head of several words gives way before a cell does', () => {
    const long = 'x'.repeat(66);
    expect(table(['lane', 'COW copies'], [[long, '1']])).toEqual([`lane${' '.repeat(64)}COW`, `${' '.repeat(68)}copies`,
      `${'-'.repeat(66)}  ------`, `${long}  1`]);
  });

  it('quotes and dashes of other alphabets become those of a keyboard', () => {
    expect(ascii('“a” – b…\tü')).toBe('"a" - b...??');
  });
});

describe('the word that was meant', () => {
  it('is the nearest one, a swap of two letters being one slip', () => {
    expect(nearestWord('fokr', ['exit', 'fork', 'mmap'])).toBe('fork');
    expect(didYouMean('linux-5.99', ['linux-5.9', 'early-cow'])).toBe("did you mean 'linux-5.9'?");
  });

  it('is nobody knows which when nothing is near', () => {
    expect(nearestWord('pin', ['exit', 'fork'])).toBeNull();
    expect(didYouMean('pin', ['exit', 'fork'])).toBe('known: exit, fork');
  });
});

describe('a word for a shell', () => {
  it('is quoted where a shell would read it otherwise', () => {
    expect(['linux-6.18+./my.mjs:x=1', "a b'c"].map(shellWord)).toEqual(['linux-6.18+./my.mjs:x=1', "'a b'\\''c'"]);
  });
});
