/** A question cut into units. What a unit takes is found out by trying: then all of them are of one size. */
import { openWorkplace } from '@cowlab/composition/node';
import { resolveLanes } from '@cowlab/composition';
import { chooseRaceLanes, memoriesOf } from '@cowlab/experiments/check';
import { planFrom, readRace } from '@cowlab/experiments/node';
import { inputPath } from '@cowlab/composition/node';
import { CampaignError } from '../campaign-error.ts';
import { readProgramsOf } from '../work/conform-work.ts';
import { LAWS } from '../work/opponents.ts';
import { sourceOf } from '../work/sweep-work.ts';
import { openWorkshop } from '../work/open-workshop.ts';
import type { WorkPlace } from '../work/workshop.ts';
import type { CheckQuestion, ConformQuestion, FuzzQuestion, Question, SweepQuestion } from './question.ts';
import type { Unit } from './unit.ts';

export interface Cut {
  /** Programs or cells of a unit; null: as many as take some ten seconds. */
  readonly size: number | null;
}

const TRIED_MS = 600;
const WANTED_MS = 10_000;
/** An emulated kernel runs some ten programs a second, this machine's own some hundred. */
const KERNEL_PROGRAMS = 200;

/** @throws CompositionError, PluginError, SweepError, ScenarioError, CampaignError */
export function cut(question: Question, place: WorkPlace, how: Cut): Promise<readonly Unit[]> {
  switch (question.kind) {
    case 'fuzz':
      return cutFuzz(question, place, how);
    case 'sweep':
      return cutSweep(question, place, how);
    case 'check':
      return cutCheck(question, place);
    case 'conform':
      return cutConform(question, place, how);
  }
}

async function cutFuzz(question: FuzzQuestion, place: WorkPlace, { size: wanted }: Cut): Promise<readonly Unit[]> {
  const { against, programs } = question;
  const { catalogue } = await openWorkplace(place.cwd, place.asked);
  // Lanes as they are written: a name alone would not tell a worker which file it was.
  for (const text of [...question.lanes, ...(against.by === 'lane' ? [against.lane] : [])]) {
    const lanes = await resolveLanes(text, catalogue);
    if (lanes.length > 1) throw new CampaignError(`lane '${text}'`, `is ${lanes.length} lanes`, 'name them one by one');
  }
  const others = against.by === 'laws' ? [LAWS] : against.by === 'lane' ? [against.lane] : against.kernels;
  const at = (from: number, to: number): Unit => ({ work: 'programs', lane: question.lanes[0], against: others[0], from,
    to });
  const size = wanted ?? (against.by === 'kernels' ? KERNEL_PROGRAMS : await tried(question, place, programs, at));
  return question.lanes.flatMap((lane) =>
    others.flatMap((other) =>
      ranges(programs, size).map(([from, to]): Unit => ({ work: 'programs', lane, against: other, from, to }))
    )
  );
}

async function cutSweep(question: SweepQuestion, place: WorkPlace, { size: wanted }: Cut): Promise<readonly Unit[]> {
  const { nr } = await planFrom(sourceOf(question, place));
  const at = (from: number, to: number): Unit => ({ work: 'cells', from, to });
  const size = wanted ?? await tried(question, place, nr, at);
  return ranges(nr, size).map(([from, to]) => at(from, to));
}

async function cutCheck({ races, lanes, memory, pieces }: CheckQuestion, place: WorkPlace): Promise<readonly Unit[]> {
  const workplace = await openWorkplace(place.cwd, place.asked);
  const units: Unit[] = [];
  for (const name of races) {
    const race = readRace(name, place.cwd);
    for (const lane of await chooseRaceLanes(lanes ?? undefined, race, workplace)) {
      for (const model of memory ?? memoriesOf(race, lane))
        units.push(pieces > 1 && model !== 'armv8'
          ? { work: 'look', race: name, lane: lane.name, memory: model }
          : { work: 'race', race: name, lane: lane.name, memory: model });
    }
  }
  return units;
}

function cutConform({ golden, jobs }: ConformQuestion, place: WorkPlace, { size }: Cut): Promise<readonly Unit[]> {
  const folder = inputPath(golden, place.cwd);
  const programs = new Map<string, number>();
  for (const job of jobs)
    if (!programs.has(job.set)) programs.set(job.set, readProgramsOf(folder, job).length);
  return Promise.resolve(
    jobs.flatMap(({ set, kernel }) =>
      ranges(programs.get(set) ?? 0, size ?? RECORDED).map(([from, to]): Unit => ({ work: 'recorded', set, kernel, from,
        to })
      )
    ),
  );
}

/** Reading the recording takes longer than these. */
const RECORDED = 5000;

/** So many as take some ten seconds, by a first look at the first of them. */
async function tried(
  question: Question,
  place: WorkPlace,
  all: number,
  at: (from: number, to: number) => Unit,
): Promise<number> {
  const workshop = await openWorkshop(question, place);
  try {
    let done = 0;
    // The first ones find cold code: they are no measure.
    let [ms, counted] = [0, 0];
    for (let step = 8; ms < TRIED_MS && done < all; step *= 2) {
      const [from, to] = [done, Math.min(all, done + step)];
      const begun = performance.now();
      await workshop.perform(at(from, to), null);
      const took = performance.now() - begun;
      if (from > 0) [ms, counted] = [ms + took, counted + to - from];
      done = to;
    }
    return counted === 0 ? Math.max(1, all) : Math.min(all, rounded(counted * WANTED_MS / Math.max(ms, 1)));
  } finally {
    await workshop.close();
  }
}

/** Two digits are enough. */
function rounded(nr: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(nr)) - 1);
  return Math.max(1, Math.round(nr / unit) * unit);
}

function ranges(nr: number, size: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(nr / size) }, (_, at) => [at * size, Math.min(nr, (at + 1) * size)] as const);
}
