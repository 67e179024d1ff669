import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseAccesses } from './accesses.ts';
import { TraceError } from '../trace-error.ts';

const refusal = (text: string): string => {
  try {
    parseAccesses(text, 'a.accesses');
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
  return 'it was read';
};

describe('stated accesses', () => {
  it('are read with their time to the nanosecond and with why they are known', () => {
    expect(parseAccesses('# head\n\n1795342140.176967 12442 w 0x7fcce5487040 3 # documented\n', 'a')).toEqual([
      {
        line: 3,
        at: { micros: 1795342140176967, nanos: 0 },
        pid: 12442,
        write: true,
        addr: 0x7fcce5487040,
        nrPages: 3,
        why: 'documented',
      },
    ]);
    expect(parseAccesses('5.1234567 1 r 0x1000 # why\n', 'a')[0]).toMatchObject({
      at: { micros: 5123456, nanos: 700 },
      write: false,
      nrPages: 1,
    });
  });

  it.each([
    ['1.0 1 w 0x1000\n', /^a\.accesses:1: this states no access, or not why it is known .*; write `TIME PID r\|w/],
    ['1.0 1 x 0x1000 # why\n', /^a\.accesses:1: this states no access/],
    ['\n1.0 1 w 1000 # why\n', /^a\.accesses:2: this states no access/],
    ['1.0 1 w 0x1000 0 # why\n', /^a\.accesses:1: an access touches 1 to 1048576 pages/],
    ['1.0 1 w 0x7fffffffe000 2 # why\n', /^a\.accesses:1: the access ends past the user half/],
    ['1.0 1 w 0x1000 # why', /^a\.accesses:1: the recording is torn/],
  ])('are refused in one line that names the place: %j', (text, message) => {
    expect(refusal(text)).toMatch(message);
    expect(refusal(text)).not.toContain('\n');
  });

  it('of uring-fork are 28 stores that name their reasons', () => {
    const text = readFileSync(new URL('../../fixtures/uring-fork.accesses', import.meta.url), 'utf8');
    const stores = parseAccesses(text, 'uring-fork.accesses');
    expect(stores.map(({ write, why }) => write && why.startsWith('documented: '))).toEqual(Array(28).fill(true));
    expect(new Set(stores.map(({ pid }) => pid))).toEqual(new Set([12442, 12443]));
  });
});
