import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SWAP_MIB, swapArea, swapHeader } from './swap-area.ts';

it('the first page of a swap area names its format, its version and its last page', () => {
  const header = swapHeader(256);
  expect([header.length, header.readUInt32LE(1024), header.readUInt32LE(1028)]).toEqual([4096, 1, 255]);
  expect(header.subarray(4086).toString('latin1')).toBe('SWAPSPACE2');
});

it('a swap area takes no room until it is swapped to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swap-area-'));
  const fd = openSync(join(folder, 'disk'), 'w+');
  try {
    swapArea(fd);
    const { size, blocks } = fstatSync(fd);
    expect(size).toBe(SWAP_MIB * 2 ** 20);
    expect(blocks).toBeLessThan(64);
    const name = Buffer.alloc(10);
    readSync(fd, name, 0, 10, 4086);
    expect(name.toString()).toBe('SWAPSPACE2');
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});
