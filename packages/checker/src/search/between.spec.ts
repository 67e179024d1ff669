import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, type Overlay, stackPolicies, type Traits } from '@cowlab/core';
import { check } from '../check.ts';
import type { CheckedLane, CheckResult } from '../check-result.ts';
import { parseRace } from '../race/parse-race.ts';

const counting: Overlay = { id: 'counting',
  hooks: { onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy') } };
const laneOf = (traits: Partial<Traits>): CheckedLane => ({ name: 'counting',
  policy: stackPolicies([{ ...counting, traits: { ...NAIVE_TRAITS, ...traits } }]) });
const outcome = (text: string, traits: Partial<Traits> = {}, memory: 'sc' | 'tso' = 'sc'): CheckResult =>
  check(parseRace(`title x\n${text}`, 'x'), laneOf(traits), { memory, explorer: 'bfs', reduce: true });
const steps = ({ coarse }: CheckResult): readonly string[] =>
  coarse.map(({ step, actor, between }) => `${step} of ${actor}${between.length === 0 ? '' : `: ${between.join()}`}`);

const TWO_PAGES = 'mmap 0 0 anon 2\nwrite 0 0 0 1\nwrite 0 0 1 1\n';

describe('what a verdict took as one step', () => {
  it('makes it bounded where a fast GUP can come between', () => {
    const result = outcome(`${TWO_PAGES}actor A\n mprotect 0 0 0 2 r\nactor B\n gupfast 0 0 0 0 2\n`);
    expect(result).toMatchObject({ verdict: 'bounded', exhaustive: true });
    expect(steps(result)).toEqual(expect.arrayContaining(['change of protection of A: B', 'change of VMAs of A']));
    expect(result.coarse.find(({ step }) => step === 'change of protection')?.why).toContain('flush the TLB');
  });

  it('leaves it safe where the locks keep everybody away', () => {
    const result = outcome(`${TWO_PAGES}actor A\n mprotect 0 0 0 2 r\nactor B\n write 0 0 0 5\n`);
    expect(result.verdict).toBe('safe');
    expect(steps(result)).toEqual(expect.arrayContaining(['change of protection of A', 'change of VMAs of A']));
  });

  it('leaves it safe where the other touches one of the words only: it comes before or after', () => {
    expect(
      outcome('mmap 0 0 anon 1\nwrite 0 0 0 1\nactor A\n mprotect 0 0 0 1 r\nactor B\n gupfast 0 0 0 0 1\n').verdict,
    ).toBe('safe');
  });

  it.each(['munmap 0 0 0 2', 'madvise 0 0 0 2 dontneed'])('is no zap of small pages, which is steps: %s', (call) => {
    const result = outcome(`${TWO_PAGES}actor A\n ${call}\nactor B\n gupfast 0 0 0 0 2\n`);
    expect(result.verdict).toBe('safe');
    expect(steps(result).filter((step) => step.startsWith('zap'))).toEqual([]);
  });

  it('is said of a broken one too', () => {
    const result = outcome(
      'mmap 0 0 anon 2\nwrite 0 0 0 1\nactor A\n fork 0 1\n mprotect 0 0 1 1 r\nactor B\n gupfast 0 0 0 0 1\n',
    );
    expect(result.verdict).toBe('broken');
    expect(steps(result)).toContain('change of VMAs of A');
  });
});

const SPLIT = 'mmap 0 0 thp 4\nwrite 0 0 0 1\nfork 0 1\nactor A\n munmap 0 0 3 1\nactor B\n write 1 0 0 9\n';

describe.each(['sc', 'tso'] as const)('under %s the split of a PMD', (memory) => {
  it('lets a fault find a shared huge page unshared while its mapcounts move (CVE-2020-29368)', () => {
    const { verdict, broken, trail } = outcome(SPLIT, {}, memory);
    expect(verdict).toBe('broken');
    expect(broken.map(({ spec }) => spec)).toContain('isolation');
    const order = trail?.steps.map(({ step }) => step).filter((step) =>
      step.startsWith('split') || step === 'fault: reuse or copy?'
    );
    expect(order).toEqual(['split: pmd := invalid', 'split: mapcount of the huge page--', 'fault: reuse or copy?',
      'split: pmd := table of small entries']);
  });

  it('does not where it holds the lock of the page', () => {
    expect(outcome(SPLIT, { pmdSplitLocksPage: true }, memory).verdict).toBe('safe');
  });
});
