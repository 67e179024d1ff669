import { describe, expect, it } from '@jest/globals';
import { placeOf } from './thrown-at.ts';

const thrown = (stack: string): Error => Object.assign(new Error('x'), { stack });

describe('where a hook threw', () => {
  it.each<[string, string, string | null]>([
    ['a file', 'Error: x\n    at Object.onForkPage (file:///home/me/mine.mjs:3:17)\n    at next (/lab/a.js:1:1)',
      '/home/me/mine.mjs:3:17'],
    ['a file without a function', 'Error: x\n    at /home/me/mine.mjs:3:17', '/home/me/mine.mjs:3:17'],
    ['a folder with a blank', 'Error: x\n    at onGup (/home/my lab/mine.ts:10:2)', '/home/my lab/mine.ts:10:2'],
    ["Node's own files are passed over", 'Error: x\n    at f (node:fs:1:2)\n    at g (/home/me/mine.mjs:4:1)',
      '/home/me/mine.mjs:4:1'],
    ['a stack of another kind', 'onForkPage@mine.mjs:3:17', null],
    ['no stack', 'Error: x', null],
  ])('%s', (_what, stack, place) => {
    expect(placeOf(thrown(stack))).toBe(place);
  });

  it('is nowhere when something else than an error was thrown', () => {
    expect([placeOf('a word'), placeOf(null)]).toEqual([null, null]);
  });
});
