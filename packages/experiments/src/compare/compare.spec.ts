import { describe, expect, it } from '@jest/globals';
import { definePolicy } from '@cowlab/plugin-api';
import { parseScenario } from '@cowlab/scenario';
import { openCatalogue } from '@cowlab/composition/node';
import { compareScenario, type LaneReport, type ScenarioComparison } from './compare.ts';
import { resolveLanes } from '@cowlab/composition';

const DEFAULT = 'linux-5.7,linux-5.9-rc5,linux-5.9';

async function compare(text: string, lanes = DEFAULT, plugins: readonly unknown[] = []): Promise<ScenarioComparison> {
  const catalogue = await openCatalogue({ cwd: '/', plugins });
  return compareScenario(parseScenario(text, 'test.cow'), await resolveLanes(lanes, catalogue));
}

/** Expectation texts of one run that hold, and what came of those that do not. */
function outcome({ expectations }: LaneReport): { holds: string[]; fails: string[] } {
  const text = (line: string): string => line.replace(/^expect \S+ /, '');
  return {
    holds: expectations.filter(({ holds }) => holds).map((result) => text(result.text)),
    fails: expectations.filter(({ holds }) => !holds).map((result) => `${text(result.text)}: ${result.actual}`),
  };
}

const RDMA = `question does the pin hold?
watch 0 0 1
mmap 0 0 anon 2
write 0 0 0 17
write 0 0 1 18
pin 0 0 0 0 1
fork 0 1
exit 1
write 0 0 0 34
devwrite 0 0 99
`;

describe('one scenario under three kernels', () => {
  it('only the window of 5.9-rc loses the pin, and only 5.9 copies at fork()', async () => {
    const { lanes } = await compare(RDMA);
    expect(
      lanes.map((
        { lane, pins, hazards, pagesCopiedAtFork },
      ) => [lane, pins[0].pages[0].state, hazards.join(), pagesCopiedAtFork]),
    ).toEqual([
      ['linux-5.7', 'coherent', '', 0],
      ['linux-5.9-rc5', 'diverged', 'H1', 0],
      ['linux-5.9', 'coherent', '', 1],
    ]);
  });

  it('each lane says what its processes see by a faulting load', async () => {
    const { lanes } = await compare(RDMA);
    expect(lanes.map(({ sees }) => sees[0].pages.map(({ seen }) => seen))).toEqual([[99, 18], [34, 18], [99, 18]]);
  });

  it('a finding names the step that brought it about', async () => {
    const { lanes } = await compare(RDMA, 'linux-5.9-rc5');
    expect(lanes[0].findings.map(({ hazard, step, line, pin }) => [hazard, step, line, pin])).toEqual([['H1', 6, 9,
      0]]);
    expect(lanes[0].steps[6].text).toBe('write 0 0 0 34');
  });

  it('logs part where the kernels first differ, and marks that touch no page do not count', async () => {
    const { partings } = await compare(RDMA);
    expect(partings.map((parting) => [parting?.lane, parting?.from, parting?.step])).toEqual([['linux-5.9-rc5',
      'linux-5.7', 6], ['linux-5.9', 'linux-5.7', 4]]);
    expect(partings[0]?.there[0]).toMatchObject({ type: 'CowReused', mm: 0 });
    expect(partings[0]?.here[0]).toMatchObject({ type: 'CowBroken', mm: 0 });
  });

  it('the same policy in two lanes parts nowhere', async () => {
    expect((await compare(RDMA, 'a=linux-5.9,b=linux-5.9')).partings).toEqual([null]);
  });

  it('comparing twice gives the same result', async () => {
    expect(await compare(RDMA)).toEqual(await compare(RDMA));
  });

  it('a process that touches a hole sees a signal', async () => {
    const { lanes } = await compare(
      'question x\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 5\nmadvise 0 0 0 1 dontfork\nfork 0 1\nread 1 0 0\n',
      'linux-5.9',
    );
    expect(lanes[0].sees.map(({ p, pages }) => [p, pages[0].seen])).toEqual([[0, 5], [1, 'SIGSEGV']]);
    expect(lanes[0].hazards).toEqual(['H2']);
    expect(lanes[0].steps[4].result).toBe('SIGSEGV');
  });
});

describe('expectations', () => {
  it('are asked of the lanes they name; those of no lane are handed back', async () => {
    const { lanes, unasked } = await compare(
      `${RDMA}expect linux-5.7 copied 0\nexpect linux-5.9,linux-6.1 copied 1\nexpect linux-6.1 copied 1\nexpect * step 0 ok\n`,
    );
    expect(lanes.map(outcome)).toEqual([{ holds: ['copied 0', 'step 0 ok'], fails: [] }, { holds: ['step 0 ok'],
      fails: [] }, { holds: ['copied 1', 'step 0 ok'], fails: [] }]);
    expect(unasked).toEqual(['expect linux-6.1 copied 1']);
  });

  it('of a lane with options are those of its label, not those of the plain policy', async () => {
    const text = `${RDMA}expect early-cow step 0 ok\nexpect posted copied 1\n`;
    const { lanes } = await compare(text, 'early-cow:series=v2,posted=early-cow:series=v2');
    expect(lanes.map(outcome)).toEqual([{ holds: [], fails: [] }, { holds: ['copied 1'], fails: [] }]);
  });

  it.each([
    ['linux-5.9-rc5', ['pin 0 diverged', 'pin 0 diverged 0', 'device 0 0 99', 'value 0 0 0 34', 'value 0 0 1 18',
      'hazards H1', 'copied 0', 'step 7 ok', 'no-split', 'mapcount 0 0 1 1'], ['pin 0 coherent: diverged 0',
      'device 0 0 34: 99', 'value 0 0 0 99: 34', 'hazards none: H1', 'copied >=1: 0', 'copied 1: 0',
      'step 7 EFAULT: ok', 'split: no-split', 'mapcount 0 0 1 2: 1', 'leak: no-leak']],
    ['linux-5.9', ['pin 0 coherent', 'hazards none', 'copied 1', 'copied >=1', 'no-leak'], ['pin 0 diverged: coherent',
      'pin 0 diverged 0: coherent', 'hazards H1: none', 'copied 0: 1', 'copied >=2: 1']],
  ])('%s: each kind holds and fails as it should', async (lane, holding, failing) => {
    const claims = [...holding, ...failing.map((text) => text.split(':')[0])];
    const { lanes } = await compare(RDMA + claims.map((claim) => `expect * ${claim}\n`).join(''), lane);
    expect(outcome(lanes[0])).toEqual({ holds: holding, fails: failing });
  });

  it('the page that a child can read while a device writes it is a leak', async () => {
    const text = 'question x\nmmap 0 0 anon 1\nwrite 0 0 0 1\npin 0 0 0 0 1\nfork 0 1\ndevwrite 0 0 9\nexpect '
      + 'linux-5.7,linux-5.9-rc5 leak\nexpect linux-5.9 no-leak\nexpect linux-5.7 value 1 0 0 9\nexpect linux-5.9 '
      + 'value 1 0 0 1\n';
    const { lanes } = await compare(text);
    expect(lanes.flatMap((lane) => outcome(lane).fails)).toEqual([]);
    expect(lanes.map(({ expectations }) => expectations.length)).toEqual([2, 1, 2]);
  });

  it('a pipe keeps the page it was given', async () => {
    const text =
      'question x\nmmap 0 0 anon 1\nwrite 0 0 0 3\nvmsplice 0 0 0 0 1\nwrite 0 0 0 4\nexpect * pipe 0 0 4\nexpect * pipe 0 0 3\n';
    const { lanes } = await compare(text, 'linux-5.9');
    expect(outcome(lanes[0])).toEqual({ holds: ['pipe 0 0 4'], fails: ['pipe 0 0 3: 4'] });
  });

  it('a pinned THP is split at fork() and all of its pages are copied', async () => {
    const text = 'question x\nmmap 0 0 thp 512\nwrite 0 0 0 1\npin 0 0 0 3 1\nfork 0 1\nexpect linux-5.9 split\nexpect '
      + 'linux-5.9 copied 512\nexpect linux-5.9-rc5 no-split\nexpect linux-5.9-rc5 copied 0\n';
    const { lanes } = await compare(text, 'linux-5.9-rc5,linux-5.9');
    expect(lanes.flatMap((lane) => outcome(lane).fails)).toEqual([]);
  });

  it('a pinned hugetlb page counts as its 512 base pages when it is copied', async () => {
    const text = 'question x\nmmap 0 0 huge 512\nwrite 0 0 0 1\npin 0 0 0 3 1\nfork 0 1\nexpect linux-5.12 copied '
      + '512\nexpect linux-5.9 copied 0\n';
    const { lanes } = await compare(text, 'linux-5.9,linux-5.12');
    expect(lanes.flatMap((lane) => outcome(lane).fails)).toEqual([]);
  });

  it('a pin that was given back is judged as it stood just before', async () => {
    const { lanes } = await compare(`${RDMA}unpin 0\nexpect * pin 0 diverged 0\nexpect * value 0 0 0 34\n`,
      'linux-5.9-rc5');
    expect(outcome(lanes[0]).fails).toEqual([]);
    expect(lanes[0].pins).toMatchObject([{ slot: 0, held: false }]);
  });

  it('a pin whose owner unmapped the page is diverged, one whose owner is gone is neither', async () => {
    const begin = 'question x\nmmap 0 0 anon 1\nwrite 0 0 0 1\nfork 0 1\npin 1 0 0 0 1\n';
    const unmapped = await compare(`${begin}munmap 1 0 0 1\nexpect * pin 0 diverged 0\n`, 'linux-5.9');
    expect(outcome(unmapped.lanes[0]).fails).toEqual([]);
    const gone = await compare(`${begin}exit 1\nexpect * pin 0 coherent\nexpect * pin 0 diverged\n`, 'linux-5.9');
    expect(outcome(gone.lanes[0]).fails).toEqual(['pin 0 coherent: its owner is gone',
      'pin 0 diverged: its owner is gone']);
  });

  it('a page in swap is where its owner finds it again', async () => {
    const { lanes } = await compare(
      'question x\nmmap 0 0 anon 1\nwrite 0 0 0 1\npin 0 0 0 0 1\nswapout 0 0 0 1\nexpect * pin 0 coherent\n',
      'linux-5.7',
    );
    expect(outcome(lanes[0]).fails).toEqual([]);
  });

  it('a look disturbs no other look: the order of expectations does not matter', async () => {
    const claims = ['mapcount 1 0 0 1', 'value 1 0 0 1', 'value 0 0 0 1', 'mapcount 0 0 0 1'];
    const text = 'question x\nmmap 0 0 anon 1\nwrite 0 0 0 1\nfork 0 1\nswapout 0 0 0 1\nswapout 1 0 0 1\n';
    const said = async (order: readonly string[]): Promise<Set<string>> => {
      const { lanes } = await compare(text + order.map((claim) => `expect * ${claim}\n`).join(''), 'linux-5.9');
      return new Set(lanes[0].expectations.map(({ text: written, actual }) => `${written}: ${actual}`));
    };
    expect(await said(claims)).toEqual(await said([...claims].reverse()));
  });
});

it('a hook that throws stops the comparison and names the policy', async () => {
  const broken = definePolicy({
    id: 'broken',
    summary: 'x.',
    onForkPage: () => {
      throw new Error('boom');
    },
  });
  await expect(compare(RDMA, 'linux-5.9,linux-5.7+broken', [broken])).rejects.toThrow(
    "policy 'broken': onForkPage threw: boom",
  );
});
