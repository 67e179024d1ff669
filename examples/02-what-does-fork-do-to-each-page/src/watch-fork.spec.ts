import { describe, expect, it } from '@jest/globals';
import { watchFork } from './watch-fork.ts';

async function told(lane: string): Promise<string[]> {
  const lines: string[] = [];
  await watchFork(lane, (line) => lines.push(line));
  return lines;
}

const stepsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('fork: ')).map((line) => line.slice(6));
const factsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('=> ')).map((line) => line.split(' ').slice(1, 3).join(' '));

describe('fork() with one page of two pinned', () => {
  it('linux-5.9 looks at the pinned page, gets a page outside the lock, and looks again before it copies', async () => {
    const steps = stepsOf(await told('linux-5.9'));
    const look = ['A = read pte', 'read has_pinned', 'read ref', 'share or copy'];
    expect(steps).toEqual(['lock mmap_lock', 'dup vma', 'walk', 'lock ptl', ...look, 'ref++, mapcount++', 'pte := R',
      'set child pte', ...look, 'unlock ptl', 'preallocate', 'lock ptl', ...look, 'copy page, set child pte',
      'unlock ptl', 'walk', 'end of vma', 'dup vma', 'flush TLB', 'unlock mmap_lock']);
  });

  it('linux-5.9 shares the one page and copies the other, and the parent keeps its pin', async () => {
    const lines = await told('linux-5.9');
    expect(factsOf(lines)).toEqual(['Fork: PtesShared', 'Fork: PagesCopied', 'Store: CowBroken']);
    expect(lines.filter((line) => line.startsWith('!!'))).toEqual([]);
  });

  it("linux-5.7 shares both, and the parent's store takes the pinned page away from the parent", async () => {
    const lines = await told('linux-5.7');
    expect(factsOf(lines).slice(0, 1)).toEqual(['Fork: PtesShared']);
    expect(lines.filter((line) => line.startsWith('!! H1: pin 0'))).toHaveLength(1);
  });
});
