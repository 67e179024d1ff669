/** Races under lanes: which are asked about, what came of each, and whether that is what the file says. */
import { ask, check, type CheckOptions, type CheckResult, claimOf, MEMORIES, type Memory, type MendOptions, mendRace,
  type Mends, promelaOf, type Race, RACE_MEMORIES, type RaceMemory, replaySchedule, replayWeakly,
  type Trail } from '@cowlab/checker';
import type { Policy } from '@cowlab/core';
import { shellWord } from '@cowlab/prose';
import { CompositionError, parseLanes, policyOf, reasonOf, resolveLanes, type Workplace } from '@cowlab/composition';

/** Before the seqcount, with it, and with PG_anon_exclusive. */
export const DEFAULT_RACE_LANES = 'linux-5.9,linux-5.11,linux-6.18';

export interface RaceLane {
  /** For reports. */
  readonly name: string;
  /** As somebody wrote it: what a command that replays a schedule needs. */
  readonly written: string;
  readonly policy: Policy;
  /** What is uncertain about the kernel that it was named by. */
  readonly warnings?: readonly string[];
}

export interface CheckReport extends Omit<CheckResult, 'trail'> {
  readonly race: string;
  readonly lane: string;
  readonly memory: RaceMemory;
  /** What the file says of it; null where it says nothing. */
  readonly claim: 'safe' | 'broken' | null;
  /** As the file says, or safe where it says nothing. What was only looked at in part does not hold. */
  readonly holds: boolean;
  readonly ms: number;
  readonly trail: Trail | null;
}

/**
 * The lanes of the command line, else those that the race's claims name, else those of the config file.
 * @throws CompositionError or PluginError
 */
export async function chooseRaceLanes(
  flag: string | undefined,
  race: Race,
  { catalogue, policies }: Workplace,
): Promise<readonly RaceLane[]> {
  const claimed = [...new Set(race.verdicts.flatMap(({ lanes }) => (lanes === '*' ? [] : lanes)))];
  if (flag !== undefined || claimed.length === 0) {
    const text = flag ?? policies ?? DEFAULT_RACE_LANES;
    const syntax = parseLanes(text);
    const lanes = await resolveLanes(text, catalogue);
    return lanes.map((lane, at) => ({ name: lane.name,
      written: (syntax[at].label === null ? '' : `${syntax[at].label}=`) + syntax[at].text, policy: policyOf(lane),
      ...(lane.warnings && { warnings: lane.warnings }) })
    );
  }
  const lanes: RaceLane[] = [];
  for (const name of claimed) {
    try {
      const [lane] = await resolveLanes(name, catalogue, 'data');
      lanes.push({ name, written: name, policy: policyOf(lane), ...(lane.warnings && { warnings: lane.warnings }) });
    } catch (cause) {
      if (!(cause instanceof CompositionError)) throw cause;
      const line = race.verdicts.find(({ lanes: said }) => said.includes(name))?.line;
      throw new CompositionError(`${race.name}:${line}`, cause.problem,
        `${cause.mend}; or choose lanes with --policies`, { cause });
    }
  }
  return lanes;
}

/** A claim may name a policy by its file. */
const namesOf = ({ name, written }: RaceLane): readonly string[] => [name, written];

/** Those that the race makes a claim about, for this lane; where it makes none, the two that are quickly looked at. */
export function memoriesOf(race: Race, lane: RaceLane): readonly RaceMemory[] {
  const claimed = RACE_MEMORIES.filter((memory) => claimOf(race, namesOf(lane), memory) !== null);
  return claimed.length === 0 ? MEMORIES : claimed;
}

/** @throws CompositionError when the race cannot be set up in this lane */
export function checkRace(race: Race, lane: RaceLane, options: CheckOptions): CheckReport {
  const began = performance.now();
  const { trail, ...result } = inLane(race, lane,
    () => check(race, { name: lane.written, policy: lane.policy }, options));
  const ms = performance.now() - began;
  const said = claimOf(race, namesOf(lane), options.memory);
  const claim = said === null ? null : said.safe ? 'safe' : 'broken';
  return { race: race.name, lane: lane.name, memory: options.memory, claim, holds: result.verdict === (claim ?? 'safe'),
    ms, ...result, trail: trail === null ? null : withCommand(trail, race, lane) };
}

export interface MendReport extends Mends {
  readonly race: string;
  readonly lane: string;
  readonly memory: RaceMemory;
  readonly ms: number;
}

/** The least sets of barriers that mend it. @throws CompositionError when the race cannot be set up in this lane */
export function mendsIn(race: Race, lane: RaceLane, options: MendOptions): MendReport {
  const began = performance.now();
  const mends = inLane(race, lane, () => mendRace(race, { name: lane.written, policy: lane.policy }, options));
  return { race: race.name, lane: lane.name, memory: options.memory, ms: performance.now() - began, ...mends };
}

/** @throws CompositionError when the schedule does not fit, ScheduleError when it cannot be read */
export function replayRace(race: Race, lane: RaceLane, memory: RaceMemory, schedule: string): Trail {
  const question = inLane(race, lane, () => ask(race, lane.policy));
  try {
    return withCommand(memory === 'armv8'
      ? replayWeakly(question, lane.written, schedule)
      : replaySchedule(question, lane.written, memory, schedule), race, lane);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CompositionError(`${race.name} under ${lane.name}`, reasonOf(cause),
      'give the file, --policies and --memory that it was found with', { cause });
  }
}

/** The race as a Promela model, which SPIN can verify. It is searched first, whole. */
export function exportPromela(
  race: Race,
  lane: RaceLane,
  memory: Memory,
  options: { readonly maxStates?: number; readonly onProgress?: CheckOptions['onProgress'] } = {},
): string {
  const { maxStates, onProgress } = options;
  return inLane(race, lane,
    () =>
      promelaOf(race, lane.policy, memory, { ...(maxStates !== undefined && { maxStates }),
        ...(onProgress !== undefined && { onProgress }) }));
}

function inLane<T>(race: Race, lane: RaceLane, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CompositionError(`${race.name} under ${lane.name}`, reasonOf(cause),
      'mend the steps of the race, or choose other lanes', { cause });
  }
}

/** As a shell reads it back. */
function withCommand(trail: Trail, race: Race, lane: RaceLane): Trail {
  return { ...trail, lane: lane.name,
    command: `cowlab check ${shellWord(race.name)} --policies ${
      shellWord(lane.written)
    } --memory ${trail.memory} --replay '${trail.schedule}'` };
}
