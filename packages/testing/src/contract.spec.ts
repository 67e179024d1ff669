import type { PageView } from '@cowlab/core';
import { definePolicy, type PolicyPlugin } from '@cowlab/plugin-api';
import { describe, expect, it } from '@jest/globals';
import { contractChecks, type ContractOptions, type HazardScenario, policyContract } from './contract.ts';
import { given } from './lab.ts';

const about = { id: 'trial', summary: 'A policy on trial.', over: 'page-count-reuse' } as const;
const earlyCopy = definePolicy({ ...about, defaults: { all: false },
  create: ({ all }) => ({ traits: { hasPinned: 'target' },
    onForkPage: (page) => (all || page.maybeDmaPinned ? 'copy' : undefined) }) });
const everyThird = definePolicy({
  ...about,
  memoryWords: 1,
  onForkPage: (page) => {
    page.remember(0, page.memory(0) + 1);
    return page.memory(0) % 3 === 0 ? 'copy' : 'share';
  },
});

describe('the contract holds for', () => {
  policyContract(earlyCopy, { runs: 30 });
  policyContract(earlyCopy, { runs: 30, options: { all: true } });
  policyContract(everyThird, { runs: 30 });
});

/** As a file in plain JavaScript exports it. */
const plain = { id: 'plain', summary: 'Shares all.', onForkPage: () => 'share' } as unknown as PolicyPlugin;

it('a policy in plain JavaScript is asked as the laboratory takes it', () => {
  expect(broken(plain, /verdicts|replays/)).toEqual([]);
});

it('the contract is written in the words of the runner that is handed in', () => {
  const titles: string[] = [];
  policyContract(earlyCopy, {}, { describe: (title, body) => (titles.push(title), body()),
    it: (title) => titles.push(title) });
  expect(titles.slice(0, 2)).toEqual(["policy 'trial'", 'has an id, and says in one line what it does']);
  expect(titles).toHaveLength(1 + contractChecks(earlyCopy).length);
});

/** Of the checks so named, the titles of those that the policy fails. */
function broken(plugin: PolicyPlugin, named: RegExp, options: ContractOptions = {}): string[] {
  return contractChecks(plugin, { runs: 60, ...options }).filter(({ title, run }) => {
    if (!named.test(title)) return false;
    try {
      run();
      return false;
    } catch {
      return true;
    }
  }).map(({ title }) => title);
}

describe('the contract catches a policy that', () => {
  const verdicts = 'answers with verdicts that it may give, and never throws';
  const views = 'looks at a view only while it is asked, and changes none';
  const twice = 'decides alike when the same program runs again';

  it('answers what nobody understands', () => {
    expect(broken(definePolicy({ ...about, onWriteFault: () => 'steal' as 'copy' }), /verdicts/)).toEqual([verdicts]);
  });

  it('throws', () => {
    const thrower = definePolicy({ ...about, onForkVma: (vma) => {
      if (vma.start > 0) throw new Error('no');
      return undefined;
    } });
    expect(broken(thrower, /verdicts/)).toEqual([verdicts]);
  });

  it('keeps a view and looks at it the next time', () => {
    let kept: PageView | undefined;
    const keeper = definePolicy({
      ...about,
      onWriteFault: (page) => {
        const before = kept?.mapcount;
        kept = page;
        return before === undefined ? undefined : 'copy';
      },
    });
    expect(broken(keeper, /view/)).toEqual([views]);
  });

  it('keeps the view of the VMA inside a page', () => {
    let kept: PageView['vma'] | undefined;
    const keeper = definePolicy({
      ...about,
      onWriteFault: (page) => {
        const shared = kept?.shared;
        kept = page.vma;
        return shared === true ? 'copy' : undefined;
      },
    });
    expect(broken(keeper, /view/)).toEqual([views]);
  });

  it('writes into a view', () => {
    const writer = definePolicy({ ...about, onWriteFault: (page) => {
      (page as { writable: boolean }).writable = true;
      return undefined;
    } });
    expect(broken(writer, /view|verdicts/)).toEqual([verdicts, views]);
  });

  it('counts in a closure', () => {
    let count = 0;
    const counter = definePolicy({ ...about, onForkPage: () => (count++ % 3 === 2 ? 'copy' : 'share') });
    expect(broken(counter, /runs again|outside/)).toEqual([twice, 'remembers nothing outside the world']);
  });

  it('draws lots', () => {
    expect(broken(definePolicy({ ...about, onForkPage: () => (Math.random() < 0.5 ? 'copy' : 'share') }), /runs again/))
      .toEqual([twice]);
  });

  it('has a summary of two lines', () => {
    expect(broken(definePolicy({ ...about, summary: 'One line.\nAnother.' }), /one line/)).toEqual([
      'has an id, and says in one line what it does',
    ]);
  });
});

describe('hazards', () => {
  const hole: HazardScenario = {
    hazard: 'H2',
    title: 'fork() of memory under MADV_DONTFORK',
    shows: (overlays) => {
      const lab = given(overlays).steps(
        { type: 'Mmap', task: 0, addr: 16384, length: 4096, prot: 3, flags: 0x32 },
        { type: 'Madvise', task: 0, addr: 16384, length: 4096, advice: 'dontfork' },
        { type: 'Fork', task: 0, child: 1 },
      );
      return !lab.when({ type: 'Load', task: 1, vpn: 4, nr: 1 }).outcome.result.ok;
    },
  };
  const stubborn = definePolicy({ id: 'stubborn', summary: 'Nothing is left out of fork().', onForkVma: () => 'copy' });
  const leaving = definePolicy({ id: 'leaving', summary: 'Honours MADV_DONTFORK.',
    onForkVma: (vma) => (vma.dontCopy ? 'skip' : undefined) });

  it.each([
    ['shows and is declared', { ...leaving, hazards: ['H2'] }, []],
    ['shows and is not declared', leaving, ['does not show H2']],
    ['does not show and is not declared', stubborn, []],
    ['does not show and is declared', { ...stubborn, hazards: ['H2'] }, ['shows H2, as it declares']],
  ] as const)('one that %s', (_, plugin, failing) => {
    expect(broken(plugin, /H2/, { hazardScenarios: [hole] })).toEqual(failing);
  });
});
