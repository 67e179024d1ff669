/** A scenario with a storm, on the live kernel: counts of torn children, as results of tests. */
import type { Scenario } from '@cowlab/scenario';
import { stormHere, whyNotStorm } from './storm-here.ts';
import type { StormReport } from '@cowlab/oracle/live';
import type { TestResult } from '../report/test-result.ts';
import { count } from '@cowlab/prose';

type Half = NonNullable<StormReport['pinned']>;
type Counted = Extract<Half, { torn: number }>;

/**
 * A storm that tore nobody here may tear others: that `may-tear` was not seen is a skip and no pass. One torn child is
 * enough against `whole`. Whatever the scenario expects, without pins nobody may be torn.
 * @param lane whose expectations are held against the counts
 */
export async function stormResults(scenario: Scenario, lane: string): Promise<TestResult[]> {
  const { program, expects } = scenario;
  const said = expects.flatMap((
    { lanes, assertion },
  ) => (assertion.is === 'storm' && (lanes === '*' || lanes.includes(lane)) ? [assertion.snapshot] : []));
  const claims = [...new Set(said)];
  const lacks = whyNotStorm();
  if (lacks !== null) return [{ name: 'storm', outcome: 'skip', why: lacks }];
  const { storm, unpinned, pinned } = await stormHere(program);
  const asWritten = pinned ?? unpinned;
  return [
    ...(pinned === null ? [] : [judged('storm without the pins is whole', unpinned, 'whole', storm.children)]),
    ...claims.map((claim) => judged(`storm ${claim}`, asWritten, claim, storm.children)),
    ...(claims.length > 0
      ? []
      : [
        { name: 'storm', outcome: 'skip', why: `the scenario expects no storm whole or may-tear of ${lane}`,
          notes: 'missing' in asWritten ? [] : notesOf(asWritten, storm.children) } as const,
      ]),
  ];
}

function judged(name: string, half: Half, claim: 'whole' | 'may-tear', asked: number): TestResult {
  if ('missing' in half) return { name, outcome: 'skip', why: half.missing };
  const notes = notesOf(half, asked);
  if (half.children === 0) return { name, outcome: 'skip', why: 'no child was forked before the time was up', notes };
  if (claim === 'whole') return { name, outcome: half.torn === 0 ? 'pass' : 'fail', notes };
  return half.torn > 0
    ? { name, outcome: 'pass', notes }
    : { name, outcome: 'skip', why: `none of ${half.children} children was torn, which proves nothing`, notes };
}

function notesOf({ children, torn, rounds, seconds, first }: Counted, asked: number): string[] {
  return [
    `torn: ${torn} of ${count(children, 'child', 'children')}${
      children < asked ? ` (${asked} were asked for, the time was up)` : ''
    }; the writer made ${rounds} rounds in ${seconds} s`,
    ...(first.length === 0 ? [] : [`the first torn child, page by page: ${firstText(first)}`]),
  ];
}

/** Counters that the parent never had at once; enough of them to see it. */
const SHOWN_MAX = 16;

function firstText(first: readonly number[]): string {
  return `${first.slice(0, SHOWN_MAX).join(' ')}${first.length > SHOWN_MAX ? ' ...' : ''}`;
}
