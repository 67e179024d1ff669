import { describe, expect, it } from '@jest/globals';
import type { Observation, PageEntry } from '../compare/observation.ts';
import { classified, sighted } from './raw.ts';

const at = (i: number, ...pages: PageEntry[]): Observation => ({ i, ret: 0, o: { 0: { 0: pages } } });
const page = (pfn: number): PageEntry => [pfn, 7, 1, 'xAE'];
const classes = (...raw: Observation[]): unknown[] =>
  classified(raw).map(({ o }) => o[0][0].map((entry) => entry !== 0 && entry[0]));

describe('page frames become classes', () => {
  it('numbered by first appearance', () => expect(classes(at(0, page(900), page(30), page(900)))).toEqual([[1, 2, 1]]));

  it('kept while every observation shows the frame, and lost when one does not', () => {
    expect(classes(at(0, page(900)), at(1, page(30), page(900)), at(2, page(30), 0), at(3, page(900), page(30))))
      .toEqual([[1], [2, 1], [2, false], [3, 2]]);
  });

  it('but zero pages are known by their letters', () => {
    expect(classes(at(0, [15156, 0, 0, 'Z'], [70000, 0, 0, 'fThZ'], [70001, 0, 0, 'fTtZ'], page(5)))).toEqual([[0, -1,
      -1, 1]]);
  });

  it('and everything else stays as it was said', () => {
    expect(classified([{ ...at(0, page(900), 0), d: { 1: [[0, 7]] }, v: { 2: [7] } }])).toEqual([{ i: 0, ret: 0,
      o: { 0: { 0: [[1, 7, 1, 'xAE'], 0] } }, d: { 1: [[0, 7]] }, v: { 2: [7] } }]);
  });
});

describe('who does not see page frames', () => {
  const seen: Observation[] = [
    { i: 0, ret: 0, o: { 0: { 0: [[null, 7, null, 'x'], 0] } }, d: { 1: [[0, 7]] } } as never,
  ];

  it('compares presence, values, devices and pipes', () => {
    expect(sighted(seen, { presence: true })).toEqual([{ i: 0, ret: 0, o: { 0: { 0: [[0, 7, 0, ''], 0] } },
      d: { 1: [[0, 7]] } }]);
    expect(sighted([at(0, page(900), 0)], { presence: true })).toEqual(
      sighted([at(0, page(30), 0)], { presence: true }),
    );
  });

  it('and without a pagemap not even presence', () => {
    const blind: Observation[] = [{ i: 0, ret: 0, o: { 0: { 0: [null, null] } } } as never];
    expect(sighted(blind, { presence: false })).toEqual(sighted([at(0, page(900), 0)], { presence: false }));
  });
});
