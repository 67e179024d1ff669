/** What a campaign has found, told once for each cause: a fold of what its units came to. */
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Unit } from '../plan/unit.ts';
import { cause, type Cause } from '../work/cause.ts';
import type { RaceOutcome } from '../work/check-work.ts';
import type { RecordedOutcome } from '../work/conform-work.ts';
import type { ShrinkOutcome } from '../work/fuzz-work.ts';
import type { Campaign } from './campaigns.ts';

export interface Finding {
  readonly cause: Cause;
  /** The unit that shows it first, in the order of the units. */
  readonly unit: string;
  /** Of fuzzing: the first program that shows it. */
  readonly program: number | null;
  /** Made small. */
  readonly steps: number | null;
  readonly text: string | null;
  /** Which policies it depends on. */
  readonly policies: readonly string[];
  readonly what: readonly string[];
  /** Units that come to the same cause. */
  readonly times: number;
}

/** The work whose outcomes are findings. */
const TELLING = ['shrink', 'race', 'recorded'];

export async function findings(queries: Queries, { id }: Pick<Campaign, 'id'>): Promise<readonly Finding[]> {
  const rows = await queries.query(
    `SELECT key, unit, outcome FROM ${SCHEMA}.unit
     WHERE campaign = $1 AND state = 'done' AND work = ANY($2::text[]) ORDER BY seq, (unit->>'number')::int, key`,
    [id, TELLING],
  );
  const found = new Map<string, Finding>();
  for (const { key, unit, outcome } of rows) {
    for (const one of findingsIn(unit as Unit, outcome, key as string)) {
      const before = found.get(one.cause.id);
      const lower = before === undefined || (one.program ?? 0) < (before.program ?? 0) ? one : before;
      found.set(one.cause.id, { ...lower, times: (before?.times ?? 0) + 1 });
    }
  }
  return [...found.values()];
}

export function findingsIn(unit: Unit, outcome: unknown, key: string): readonly Finding[] {
  switch (unit.work) {
    case 'shrink':
      return shrunk(outcome as ShrinkOutcome, key);
    case 'race':
      return raced(outcome as RaceOutcome, key);
    case 'recorded':
      return recorded(outcome as RecordedOutcome, key);
    default:
      return [];
  }
}

function shrunk({ number, found }: ShrinkOutcome, unit: string): readonly Finding[] {
  if (found === null) return [];
  const { cause: why, steps, text, policies, divergence: { stepText, kernel, model } } = found;
  return [{ cause: why, unit, program: number, steps, text, policies, times: 1,
    what: [`at ${stepText}`, `${why.against}: ${kernel}`, `${why.lane}: ${model}`] }];
}

/** A race that is not what its file says. */
function raced(
  { race, lane, memory, verdict, claim, holds, broken, trail }: RaceOutcome,
  unit: string,
): readonly Finding[] {
  if (holds) return [];
  const kind = verdict === 'broken' ? broken.map(({ spec }) => spec).join(', ') : verdict;
  return [{ cause: cause(lane, memory, kind, race), unit, program: null, steps: trail?.steps.length ?? null,
    text: trail?.command ?? null, policies: [], times: 1,
    what: [`${race} is ${verdict} under ${lane}, ${memory}`, `its file says ${claim ?? 'nothing'}`,
      ...broken.map(({ what }) => what)] }];
}

function recorded({ set, kernel, profile, divergences }: RecordedOutcome, unit: string): readonly Finding[] {
  return divergences.map((one) => ({ cause: cause(profile, kernel, one.kind, `${one.op} ${one.memory ?? ''}`.trim()),
    unit, program: null, steps: one.step + 1, text: null, policies: [], times: 1,
    what: [`${set}, program ${one.program}, at ${one.stepText}`, `${kernel}: ${one.kernel}`,
      `${profile}: ${one.model}`] })
  );
}
