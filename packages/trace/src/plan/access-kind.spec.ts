import { describe, expect, it } from '@jest/globals';
import { KnownPages } from './access-kind.ts';
import { regionOf } from '../space/shadow.ts';

const RW = { read: true, write: true, exec: false };
const region = (prot = RW, shared = false) => regionOf({ start: 0, end: 100, prot, shared });
const seen = ({ access, certainty }: { access: string; certainty: string }): string => `${access} ${certainty}`;

describe('a sampled fault', () => {
  it('at its own instruction is a fetch', () => {
    expect(seen(new KnownPages().judge(3, region(), true))).toBe('exec certain');
  });

  it.each([[0x14, 'exec'], [0x4, 'read'], [0x7, 'write'], [0x2, 'write']])(
    'with the error code 0x%s is what the processor says',
    (code, access) => {
      expect(seen(new KnownPages().told(3, region(), code))).toBe(`${access} certain`);
    },
  );

  it('in a mapping that forbids stores is a read', () => {
    expect(seen(new KnownPages().judge(3, region({ ...RW, write: false }), false))).toBe('read certain');
  });

  it('alone on a writable page is taken for a write', () => {
    expect(seen(new KnownPages().judge(3, region(), false))).toBe('write inferred');
  });

  it('followed by another with nothing in between was a read, and the other a write', () => {
    const pages = new KnownPages();
    const both = [pages.judge(3, region(), false), pages.judge(3, region(), false)];
    expect(both.map(seen)).toEqual(['read certain', 'write certain']);
  });

  it.each<[string, (pages: KnownPages) => void, string[]]>([
    ['fork()', (pages) => pages.fork([{ ...region(), hasAnon: true }]), ['write inferred', 'write certain']],
    ['mprotect()', (pages) => pages.protect(0, 100), ['write inferred', 'write certain']],
    ['munmap()', (pages) => pages.forget(0, 100), ['write inferred', 'write inferred']],
  ])('followed by another after %s says nothing about the first', (_, change, expected) => {
    const pages = new KnownPages();
    const first = pages.judge(3, region(), false);
    change(pages);
    expect([first, pages.judge(3, region(), false)].map(seen)).toEqual(expected);
  });

  it('in a child on a page that its parent had is a write', () => {
    const parent = new KnownPages();
    parent.judge(3, region(), false);
    const child = parent.fork([{ ...region(), hasAnon: true }]);
    expect(seen(child.judge(3, region(), false))).toBe('write certain');
    expect(seen(child.judge(4, region(), false))).toBe('write inferred');
  });

  it('in a child on shared memory, or on memory that had no private page, is its first', () => {
    for (const mapping of [region(RW, true), { ...region(), hasAnon: false }]) {
      const parent = new KnownPages();
      parent.touched(3, false);
      expect(seen(parent.fork([mapping]).judge(3, region(), false))).toBe('write inferred');
    }
  });

  it('moves with its page', () => {
    const pages = new KnownPages();
    pages.touched(3, false);
    pages.move(0, 10, 50);
    expect(seen(pages.judge(53, region(), false))).toBe('write certain');
    expect(seen(pages.judge(3, region(), false))).toBe('write inferred');
  });
});
