/** The list of mappings against the plainest model of one: an array with a mapping's number for each page. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Regions } from './regions.ts';
import { regionOf } from './shadow.ts';

const NR = 24;
const step = fc.record({
  op: fc.constantFrom('map', 'unmap', 'change' as const),
  start: fc.nat(NR - 1),
  nr: fc.integer({ min: 1, max: 10 }),
});

describe('the mappings of an mm', () => {
  it('are those of an array of pages, whatever was mapped, unmapped and changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const regions = new Regions();
        const pages: (string | null)[] = Array<null>(NR).fill(null);
        steps.forEach(({ op, start, nr }, index) => {
          const end = Math.min(NR, start + nr);
          if (op === 'map') regions.map(regionOf({ start, end, file: index, pgoff: 100 * index }));
          else if (op === 'unmap') regions.unmap(start, end);
          else regions.change(start, end, (region) => ({ ...region, dontfork: true }));
          for (let vpn = start; vpn < end; vpn++) {
            if (op === 'map') pages[vpn] = `${index}:${100 * index + vpn - start}`;
            else if (op === 'unmap') pages[vpn] = null;
            else pages[vpn] = pages[vpn]?.replace(/!?$/, '!') ?? null;
          }
        });
        const found = pages.map((_, vpn) => {
          const region = regions.find(vpn);
          return region === undefined
            ? null
            : `${region.file}:${region.pgoff + vpn - region.start}${region.dontfork ? '!' : ''}`;
        });
        expect(found).toEqual(pages);
        const holes = regions.holes(0, NR).flatMap(({ start, end }) =>
          Array.from({ length: end - start }, (_, i) => start + i)
        );
        expect(holes).toEqual(pages.flatMap((page, vpn) => (page === null ? [vpn] : [])));
      }),
    );
  });
});
