/** What is asked of races, where it holds nobody up: in a worker. */
import { ask, type CheckResult, diagram, explain, type Memory, parseRace, perfetto, type StateGraph, stateGraph,
  type Trail } from '@cowlab/checker';
import { catalogueOf } from '@cowlab/composition';
import { checkRace, chooseRaceLanes, replayRace, type RaceLane } from '@cowlab/experiments/check';

export interface RaceAsked {
  readonly text: string;
  readonly name: string;
  /** As `--policies` takes them; null for those that the race makes claims of. */
  readonly lanes: string | null;
  /** Name of the lane that is meant. */
  readonly lane: string;
  readonly memory: Memory;
}

export interface RaceOpened {
  readonly title: string;
  readonly question: string;
  readonly notes: readonly string[];
  readonly lanes: readonly string[];
  readonly claims: readonly string[];
}

export interface RaceAnswer extends Pick<CheckResult, 'verdict' | 'exhaustive' | 'states' | 'transitions' | 'depth'> {
  readonly holds: boolean;
  readonly trail: Trail | null;
}

/** More of them make a picture of nothing. */
const DRAWN_STATES = 60_000;

const lanesOf = async (
  { text, name, lanes }: Pick<RaceAsked, 'text' | 'name' | 'lanes'>,
): Promise<readonly RaceLane[]> =>
  chooseRaceLanes(lanes ?? undefined, parseRace(text, name), { catalogue: await catalogueOf({}), policies: null,
    configFile: null });

async function laneOf(asked: RaceAsked): Promise<RaceLane> {
  const lanes = await lanesOf(asked);
  return lanes.find(({ name }) => name === asked.lane) ?? lanes[0];
}

export const raceWork = {
  async openRace(asked: Pick<RaceAsked, 'text' | 'name' | 'lanes'>): Promise<RaceOpened> {
    const { title, question, notes, verdicts } = parseRace(asked.text, asked.name);
    const lanes = await lanesOf(asked);
    return { title, question, notes, lanes: lanes.map(({ name }) => name),
      claims: verdicts.map(({ lanes: said, memory, safe }) =>
        `${said === '*' ? 'every lane' : said.join(', ')}, ${memory.join(' and ')}: ${safe ? 'safe' : 'broken'}`
      ) };
  },

  async checkRace(asked: RaceAsked): Promise<RaceAnswer> {
    const { verdict, exhaustive, states, transitions, depth, holds, trail } = checkRace(
      parseRace(asked.text, asked.name),
      await laneOf(asked),
      { memory: asked.memory, explorer: 'bfs', maxStates: 2_000_000, maxSeconds: 60 },
    );
    return { verdict, exhaustive, states, transitions, depth, holds, trail };
  },

  async replayRace(asked: RaceAsked, schedule: string): Promise<Trail> {
    return replayRace(parseRace(asked.text, asked.name), await laneOf(asked), asked.memory, schedule);
  },

  /** All states; null where they are too many to be drawn. */
  async statesOf(asked: RaceAsked): Promise<StateGraph | null> {
    const { policy } = await laneOf(asked);
    return stateGraph(ask(parseRace(asked.text, asked.name), policy), asked.memory, DRAWN_STATES);
  },

  drawn: (trail: Trail): string => `${diagram(trail).join('\n')}\n`,
  told: (trail: Trail): readonly string[] => explain(trail),
  traced: (trail: Trail): string => JSON.stringify(perfetto(trail)),
};

export type RaceWork = typeof raceWork;
