import { describe, expect, it } from '@jest/globals';
import { scenario } from '@cowlab/scenario';
import { fold, type MeasureName, measureNames } from '../measures/measures.ts';
import { experiment, type ExperimentSpec } from './experiment.ts';
import { runExperiment } from './run-experiment.ts';
import { snapshot } from './workloads.ts';
import { sweepCsv, sweepText } from './table-text.ts';

const PINNED = `question What do pinned pages cost fork()?
mmap 0 0 \${kind} 512
mlock 0 0 0 512
munlock 0 0 0 512
pin 0 0 0 0 \${pinned}
fork 0 1
write 0 0 0 2
expect linux-5.9 copied \${pinned}`;

const pinnedShare = { question: 'What do pinned pages cost fork()?', lanes: 'linux-5.9-rc5,linux-5.9',
  sweep: { kind: ['anon', 'thp'], pinned: [1, 64] }, scenario: PINNED,
  measure: ['pagesCopiedAtFork', 'H1', 'lost', 'expectations.failed'] } as const;

describe('an experiment', () => {
  it('has a row for each point and lane, with what was measured there', async () => {
    const { rows } = await runExperiment(experiment(pinnedShare));
    expect(
      rows.map((
        { lane, parameters: { kind, pinned }, measures },
      ) => [kind, pinned, lane, measures.pagesCopiedAtFork.mean, measures.H1.mean, measures.lost.mean,
        measures['expectations.failed'].mean]
      ),
    )
      .toEqual([
        ['anon', 1, 'linux-5.9-rc5', 0, 1, 1, 0],
        ['anon', 1, 'linux-5.9', 1, 0, 0, 0],
        ['anon', 64, 'linux-5.9-rc5', 0, 1, 1, 0],
        ['anon', 64, 'linux-5.9', 64, 0, 0, 0],
        ['thp', 1, 'linux-5.9-rc5', 0, 1, 1, 0],
        // Pins are counted by folio.
        ['thp', 1, 'linux-5.9', 512, 0, 0, 1],
        ['thp', 64, 'linux-5.9-rc5', 0, 1, 1, 0],
        ['thp', 64, 'linux-5.9', 512, 0, 0, 1],
      ]);
  });

  it('may vary what a lane is made of; its rows go by the text with the name in it', async () => {
    const { lanes, rows } = await runExperiment(
      experiment({ ...pinnedShare, sweep: { all: [false, true] }, lanes: 'early-cow:pretendAllPinned=${all}',
        measure: ['pagesCopiedAtFork'], scenario: PINNED.replace('${kind}', 'anon').replaceAll('${pinned}', '8') }),
    );
    expect(lanes).toEqual(['early-cow:pretendAllPinned=${all}']);
    expect(rows.map(({ measures }) => measures.pagesCopiedAtFork.mean)).toEqual([8, 512]);
  });

  it('measures by a fold of the event log, and by a function of the run', async () => {
    const { rows: [row] } = await runExperiment(
      experiment({ ...pinnedShare, lanes: 'linux-5.9', sweep: { kind: ['anon'], pinned: [3] }, measure: {
        copies: fold(0, (sum, { events }) => sum + events.filter(({ type }) => type === 'PagesCopied').length,
          (sum) => sum),
        forks: ({ log }) => log.filter(({ command }) => command.type === 'Fork').length,
        visited: 'ptesVisited',
        copied: 'events.PagesCopied',
      } }),
    );
    expect(Object.entries(row.measures).map(([name, { mean }]) => [name, mean])).toEqual([['copies', 1], ['forks', 1], [
      'visited',
      512,
    ], ['copied', 3]]);
  });

  it('knows every counter, hazard and fate by the name that it lists', async () => {
    const names = measureNames().map(([name]) => name.replace('TYPE', 'PtesShared')) as MeasureName[];
    const { rows: [row] } = await runExperiment(
      experiment({ ...pinnedShare, lanes: 'linux-5.9', sweep: { kind: ['anon'], pinned: [3] }, measure: names }),
    );
    expect(Object.keys(row.measures)).toEqual(names);
    expect([row.measures['pins.coherent'].mean, row.measures['forks.count'].mean,
      row.measures['events.PtesShared'].mean])
      .toEqual([3, 1, 509]);
  });

  it.each<[Partial<ExperimentSpec<Record<string, number[]>>> & Record<string, unknown>, string]>([
    [{ lane: 'x' }, "experiment: has a field 'lane'; fields are question"],
    [{ question: ' ' }, "experiment: has no question; write question: '...?'"],
    [{ measure: [] }, "experiment: measures nothing; write measure: ['pagesCopiedAtFork']"],
    [{ measure: ['pagesCopiedAtfork' as 'hazards'] },
      "measure 'pagesCopiedAtfork': there is no such measure; did you mean 'pagesCopiedAtFork'?"],
    [{ measure: ['H1', 'H1'] }, "experiment: measures 'H1' twice; keep one"],
    [{ repeats: 3 }, 'experiment: repeats a text 3 times; there is no chance in a text'],
    [{ seed: 1.5 }, 'experiment: seed is 1.5; use a whole number from 0 to 2147483647'],
    [{ scenario: undefined }, 'experiment: has no scenario; give a function of the point, or .cow text'],
  ])('is refused with %j', (change, message) => {
    expect(() => experiment({ ...pinnedShare, ...change } as unknown as ExperimentSpec<{ n: [1] }>)).toThrow(message);
  });

  it.each([
    [{ sweep: { kind: ['anon'], pinned: [1], n: [1] } },
      "scenario: parameter 'n' stands nowhere in it; write ${n} where"],
    [{ sweep: { kind: ['anon'] } }, 'scenario:5:13: ${pinned} is no parameter of the sweep; known: kind'],
    [{ sweep: { kind: ['anon'], pinned: [0] } }, 'scenario:5:13: N is "0"; use a whole number from 1 to'],
    [{ measure: { odd: () => NaN } }, "measure 'odd': came to NaN at kind=anon pinned=1; let it return a number"],
  ])('stops with the place of what is wrong: %j', async (change, message) => {
    const odd = experiment({ ...pinnedShare, ...change } as unknown as ExperimentSpec<{ n: [1] }>);
    await expect(runExperiment(odd)).rejects.toThrow(message);
  });
});

describe('repeats', () => {
  const volume = (seed: number) =>
    experiment({ question: 'What does a snapshot cost the writer?', lanes: 'linux-5.7,linux-6.1',
      sweep: { writes: [16, 64] }, repeats: 8, seed, scenario: ({ writes }, random) =>
        scenario('…?').steps(snapshot(random, { pages: 64, writes })), measure: ['pagesCopiedOnWrite'] });

  it('have a mean and an interval around it, the same for the same seed', async () => {
    const [first, again, other] = [await runExperiment(volume(1)), await runExperiment(volume(1)),
      await runExperiment(volume(2))];
    expect(again).toEqual(first);
    expect(other.rows).not.toEqual(first.rows);
    for (const { measures: { pagesCopiedOnWrite: { low, mean, high, nr } } } of first.rows) {
      expect(low).toBeLessThan(mean);
      expect(mean).toBeLessThan(high);
      expect(nr).toBe(8);
    }
    // 64 stores to 64 pages by chance meet 64 * (1 - (1 - 1/64) ** 64) of them.
    expect(Math.abs(first.rows[2].measures.pagesCopiedOnWrite.mean - 40.6)).toBeLessThan(3);
  });

  it('give every lane the same programs', async () => {
    const { rows } = await runExperiment(volume(3));
    expect(rows[0].measures).toEqual(rows[1].measures);
  });

  it('are told as mean and interval in text of 75 columns, and as three columns of CSV', async () => {
    const table = await runExperiment(volume(1));
    const text = sweepText(table);
    for (const line of text) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
    expect(text.join('\n')).toMatch(/^ +16 +linux-5\.7 +[\d.]+ \[[\d.]+, [\d.]+\]$/m);
    expect(text.at(-1)).toContain('bootstrap interval');
    const [head, ...lines] = sweepCsv(table).split('\r\n');
    expect(head).toBe('writes,lane,repeats,pagesCopiedOnWrite,pagesCopiedOnWrite low,pagesCopiedOnWrite high');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^16,linux-5\.7,8,[\d.]+,[\d.]+,[\d.]+$/);
  });
});
