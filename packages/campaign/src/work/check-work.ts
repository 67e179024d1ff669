/** Units of a campaign of races: every order of one race under one lane and one memory model. */
import { openWorkplace } from '@cowlab/composition/node';
import { checkRace, type CheckReport, chooseRaceLanes } from '@cowlab/experiments/check';
import { readRace } from '@cowlab/experiments/node';
import type { CheckQuestion } from '../plan/question.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

/** As the command reports it, but for the time it took. */
export type RaceOutcome = Omit<CheckReport, 'ms'>;

export async function openCheckWork(question: CheckQuestion, place: WorkPlace): Promise<Workshop> {
  const workplace = await openWorkplace(place.cwd, place.asked);
  const { reduce, maxStates } = question;
  return {
    perform: async (unit) => {
      if (unit.work !== 'race') throw new Error(`${unit.work} is no unit of a search`);
      const race = readRace(unit.race, place.cwd);
      const lanes = await chooseRaceLanes(question.lanes ?? undefined, race, workplace);
      const lane = lanes.find(({ name }) => name === unit.lane);
      if (lane === undefined) throw new Error(`${unit.race} has no lane ${unit.lane} here`);
      const { ms: _, ...report } = checkRace(race, lane, { memory: unit.memory, explorer: 'bfs', reduce, maxStates });
      return report satisfies RaceOutcome;
    },
    close: () => Promise.resolve(),
  };
}
