import { describe, expect, it } from '@jest/globals';
import { type Event, toyGeometry, X86_64 } from '@cowlab/core';
import { changedPtes, pagesOf } from './event-pages.ts';
import { EVENT_SHAPES } from '../log/event-shapes.ts';

const SHARED: Event = { type: 'PtesShared', from: 0, to: 1, vpn: 512, nr: 7, wrprotect: true, clean: false,
  exclusiveCleared: false };
const COPIED: Event = { type: 'PagesCopied', from: 0, to: 1, vpn: 512, nr: 7, pfn: 9, write: true, none: false,
  lru: true, young: false, exclusive: false };

describe('the pages that an event is about', () => {
  it.each<[Event, number, number]>([
    [SHARED, 7, 7],
    [{ type: 'CowBroken', mm: 0, vpn: 1, nr: 2, pfn: 9, write: true, exclusive: false }, 2, 2],
    [{ type: 'FilePageCopied', mm: 0, vpn: 1, file: 1, index: 0, pfn: 9, write: true, exclusive: false }, 1, 1],
    [{ type: 'PmdSplit', mm: 0, vpn: 0 }, 512, 4],
    [{ type: 'HugePudShared', from: 0, to: 1, vpn: 0, wrprotect: true }, 512 * 512, 16],
    [{ type: 'TaskExited', task: 1 }, 0, 0],
    [{ type: 'HugetlbReserved', nr: -2 }, 0, 0],
  ])('$type', (event, onX86, onToy) => {
    expect([pagesOf(event, X86_64), pagesOf(event, toyGeometry())]).toEqual([onX86, onToy]);
  });
});

describe('every fact about a run', () => {
  const runs = Object.entries(EVENT_SHAPES).filter(([, shape]) => shape.nr === 'run').map(([type]) => type);

  it.each(runs)('%s covers as many pages as it says', (type) => {
    const event = { type, mm: 0, from: 0, to: 1, vpn: 512, nr: 3, wrprotect: true } as unknown as Event;
    expect(pagesOf(event, X86_64)).toBe(3);
    for (const run of changedPtes(event, X86_64)) expect(run.nr).toBe(3);
  });
});

describe('the entries that an event changes', () => {
  it('sharing write-protects the parent, copying leaves it alone', () => {
    const child = { mm: 1, vpn: 512, nr: 7 };
    expect(changedPtes(SHARED, X86_64)).toEqual([{ mm: 0, vpn: 512, nr: 7 }, child]);
    expect(changedPtes({ ...SHARED, wrprotect: false }, X86_64)).toEqual([child]);
    expect(changedPtes(COPIED, X86_64)).toEqual([child]);
  });

  it('a move changes both ends', () => {
    expect(changedPtes({ type: 'PtesMoved', mm: 2, vpn: 512, to: 1024, nr: 3 }, X86_64)).toEqual([{ mm: 2, vpn: 512,
      nr: 3 }, { mm: 2, vpn: 1024, nr: 3 }]);
  });

  it('a store changes the page, not the entry', () => {
    expect(changedPtes({ type: 'PagesStored', mm: 0, vpn: 512, nr: 1, value: 7 }, X86_64)).toEqual([]);
  });
});
