/** Units of a comparison with recordings: some programs of one set, as one kernel did them. */
import { join } from 'node:path';
import { checkSum, conform, type KernelConformance, readPrograms, readRecordingOfKernel,
  readSums } from '@cowlab/conformance';
import type { Recording } from '@cowlab/oracle';
import { inputPath, openWorkplace, readText } from '@cowlab/composition/node';
import type { Program } from '@cowlab/scenario';
import type { ConformQuestion } from '../plan/question.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

export type RecordedOutcome = KernelConformance;

type Job = ConformQuestion['jobs'][number];

export async function openConformWork({ golden, jobs }: ConformQuestion, place: WorkPlace): Promise<Workshop> {
  const { catalogue } = await openWorkplace(place.cwd, place.asked);
  const folder = inputPath(golden, place.cwd);
  // One recording at a time: they are large, and units come in their order.
  let last: { readonly job: Job; readonly programs: readonly Program[]; readonly recording: Recording } | null = null;
  return {
    perform: async (unit) => {
      const job = jobs.find(({ set, kernel }) =>
        unit.work === 'recorded' && set === unit.set && kernel === unit.kernel
      );
      if (unit.work !== 'recorded' || job === undefined) throw new Error(`${unit.work} is no unit of this comparison`);
      if (last?.job !== job) last = { job, ...read(folder, job) };
      const programs = last.programs.slice(unit.from, unit.to);
      const ids = new Set(programs.map(({ id }) => id ?? ''));
      const recording = { ...last.recording,
        programs: new Map([...last.recording.programs].filter(([id]) => ids.has(id))) };
      return await conform({ set: job.set, programs, recording, kernel: job.kernel,
        catalogue }) satisfies RecordedOutcome;
    },
    close: () => Promise.resolve(),
  };
}

export function readProgramsOf(folder: string, { programs }: Job): readonly Program[] {
  return readPrograms(readText(join(folder, programs)), programs);
}

function read(folder: string, job: Job): { readonly programs: readonly Program[]; readonly recording: Recording } {
  const sums = readSums(folder);
  for (const file of [job.programs, job.recording]) checkSum(folder, file, sums);
  return { programs: readProgramsOf(folder, job),
    recording: readRecordingOfKernel(readText(join(folder, job.recording)), job.recording, job) };
}
