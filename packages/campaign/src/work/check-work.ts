/** Units of a campaign of races: every order of one race under one lane and one memory model. */
import { openWorkplace } from '@cowlab/composition/node';
import { checkRace, type CheckReport, chooseRaceLanes } from '@cowlab/experiments/check';
import { readRace } from '@cowlab/experiments/node';
import { lookAt, searchCell } from './cell-work.ts';
import type { CheckQuestion } from '../plan/question.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

type Given = Parameters<typeof searchCell>[4];

/** As the command reports it, but for the time it took. */
export type RaceOutcome = Omit<CheckReport, 'ms'>;

export async function openCheckWork(question: CheckQuestion, place: WorkPlace): Promise<Workshop> {
  const workplace = await openWorkplace(place.cwd, place.asked);
  const { reduce, maxStates } = question;
  return {
    perform: async (unit, given) => {
      if (unit.work !== 'race' && unit.work !== 'look' && unit.work !== 'cell')
        throw new Error(`${unit.work} is no unit of a search`);
      const race = readRace(unit.race, place.cwd);
      const lanes = await chooseRaceLanes(question.lanes ?? undefined, race, workplace);
      const lane = lanes.find(({ name }) => name === unit.lane);
      if (lane === undefined) throw new Error(`${unit.race} has no lane ${unit.lane} here`);
      if (unit.work === 'look') return lookAt(race, lane, unit);
      if (unit.work === 'cell') return searchCell(race, lane, unit, question.pieces, given as Given);
      const { ms: _, ...report } = checkRace(race, lane, { memory: unit.memory, explorer: 'bfs', reduce, maxStates });
      return report satisfies RaceOutcome;
    },
    close: () => Promise.resolve(),
  };
}
