import { beforeAll, describe, expect, it } from '@jest/globals';
import { lookBack } from './look-back.ts';

const lines: string[] = [];
beforeAll(() => lookBack((line) => lines.push(line)));

const matches = (pattern: RegExp): string[][] =>
  lines.flatMap((line) => {
    const found = pattern.exec(line);
    return found === null ? [] : [found.slice(1)];
  });

describe('a log that was saved and read again', () => {
  it('leads to the world that the lab ended with', () => {
    const hashes = matches(/^(saved|replayed) +\d+ commands, hash (\w+)$/);
    expect(hashes.map(([word]) => word)).toEqual(['saved', 'replayed']);
    expect(hashes[0][1]).toBe(hashes[1][1]);
  });

  it("names the parent's store after fork() as what changed the page last", () => {
    expect(matches(/^ {2}\d+ +(\w+) +(\w+) /)).toEqual([['Store', 'AnonPagesMapped'], ['Fork', 'PtesShared'], ['Store',
      'CowBroken']]);
  });

  it('shows device and program on one page before that store and on two after it', () => {
    const frames = matches(/^after \d+ commands: device on frame (\d+), program on frame (\d+)$/);
    expect(frames.map(([device, program]) => device === program)).toEqual([true, false]);
  });
});
