import { expect, it } from '@jest/globals';
import { differenceOf, mustShow } from './shows.ts';

const page = { present: true, value: 7, pins: [{ slot: 0, pages: [1, 2] }, { slot: 1, pages: [] }] };

it('a page shows what is named of it, whatever else it has', () => {
  expect(differenceOf(page, {})).toBeNull();
  expect(differenceOf(page, { value: 7, pins: [{ slot: 0 }, { slot: 1, pages: [] }] })).toBeNull();
});

it.each([
  [{ value: 8 }, 'value is 7, not 8'],
  [{ writable: undefined, present: false }, 'present is true, not false'],
  [{ pins: [{ slot: 0 }] }, /^pins is \[.*\], not \[\{"slot":0\}\]$/],
  [{ pins: [{ slot: 0, pages: [1, 3] }, {}] }, 'pins[0].pages[1] is 2, not 3'],
  [{ pins: { length: 2 } }, /^pins is /],
  [{ value: null }, 'value is 7, not null'],
])('of %j the first place that differs is named', (expected, said) => {
  expect(differenceOf(page, expected)).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
});

it("a test runner's own words for any value are understood", () => {
  expect(differenceOf(page, { value: expect.any(Number) })).toBeNull();
  expect(differenceOf(page, { value: expect.any(String) })).toMatch(/^value is 7/);
});

it('the error says what was looked at', () => {
  expect(() => mustShow('page 8 of task 0', page, { value: 8 })).toThrow('page 8 of task 0: value is 7, not 8');
});
