/** A set of programs on the model, and, where there is a recording of them, what differs. */
import type { Policy } from '@cowlab/core';
import { type Program, withSettings } from '@cowlab/scenario';
import { compareProgram, type ProgramComparison } from '../compare/compare.ts';
import { divergence, type Divergence, spotOfStep } from '../compare/divergence.ts';
import { GoldenError } from './golden-error.ts';
import type { RecordedProgram, Recording } from './golden.ts';
import { observedPages, type Observation, type Watched } from '../compare/observation.ts';
import type { Reporting } from '../compare/reporting.ts';
import { ModelCrash, runProgram, type RunWatch } from './run-program.ts';

export interface ConformSettings {
  readonly set: string;
  readonly programs: readonly Program[];
  /** null: the programs are run, and compared with nothing. */
  readonly recording: Recording | null;
  readonly policy: Policy;
  readonly reporting: Reporting;
  /** Told of every program when it is through: emitting and progress. */
  readonly onProgram?: (program: Program, observations: readonly Observation[], done: number) => void;
}

export interface Conformance {
  readonly set: string;
  /** Programs run. */
  readonly nrPrograms: number;
  /** Of these, how many the recording has. */
  readonly nrRecorded: number;
  /** Recorded programs without any divergence. */
  readonly nrSame: number;
  /** The first of each program that has one; a program that breaks the model has one also when it was not recorded. */
  readonly divergences: readonly Divergence[];
  /** Differences in nothing but what kernels report; the first of each program. */
  readonly reporting: readonly Divergence[];
}

/** @throws GoldenError when the recording is not one of these programs */
export function conformSet(
  { set, programs, recording, policy, reporting: letters, onProgram }: ConformSettings,
): Conformance {
  if (recording !== null) checkRecording(recording, programs);
  const divergences: Divergence[] = [];
  const reporting: Divergence[] = [];
  let nrRecorded = 0;
  let nrSame = 0;
  programs.map((program) => withSettings(program, recording?.settings ?? {})).forEach((program, at) => {
    const recorded = recording?.programs.get(program.id ?? '');
    if (recorded !== undefined) nrRecorded++;
    const { observations, crash } = ran(set, program, policy, letters);
    const found = recorded === undefined ? NOTHING : compareProgram(set, program, recorded.observations, observations);
    const first = found.divergence ?? crash;
    if (first !== null) divergences.push(first);
    else if (recorded !== undefined) nrSame++;
    if (found.reporting !== null) reporting.push(found.reporting);
    onProgram?.(program, observations, at + 1);
  });
  return { set, nrPrograms: programs.length, nrRecorded, nrSame, divergences, reporting };
}

const NOTHING: ProgramComparison = { divergence: null, reporting: null };

/** A model that breaks down in one program still has the others to answer for. */
export function ran(
  set: string,
  program: Program,
  policy: Policy,
  letters: Reporting,
  watch?: RunWatch,
): { readonly observations: readonly Observation[]; readonly crash: Divergence | null } {
  try {
    return { observations: runProgram(program, policy, letters, watch), crash: null };
  } catch (cause) {
    if (!(cause instanceof ModelCrash)) throw cause;
    const { observations, message } = cause;
    const step = observations.length < program.steps.length ? observations.length : -1;
    const spot = step < 0 ? {} : spotOfStep(program, step);
    return { observations,
      crash: divergence(set, program, step, 'crash', spot, { said: 'goes on', saw: null }, { said: message,
        saw: message }) };
  }
}

/** A recording of other programs would diverge everywhere and say nothing about the model. */
function checkRecording(recording: Recording, programs: readonly Program[]): void {
  const byId = new Map(programs.map((program) => [program.id, program]));
  for (const recorded of recording.programs.values()) {
    const program = byId.get(recorded.id);
    if (program === undefined)
      throw new GoldenError(recording.file, recorded.line, `program ${recorded.id} is not among the programs`,
        'use the programs file that was recorded');
    const wrong = misfit(program, recorded);
    if (wrong !== null)
      throw new GoldenError(recording.file, recorded.line, `program ${recorded.id}: ${wrong}`,
        'use the programs file that was recorded, or copy the recording again');
  }
  const missing = programs.find(({ id }) => !recording.programs.has(id ?? ''));
  // A header that tells how many there are was kept; then it is a recording of a part, and says so.
  if (missing !== undefined && recording.told === null)
    throw new GoldenError(recording.file, recording.lastLine,
      `it ends with ${recording.programs.size} of ${programs.length} programs: ${missing.id ?? ''} is missing`,
      `copy the recording again, or tell in its header how many it has: "programs": ${recording.programs.size}`);
}

function misfit({ steps, watch }: Program, { observations }: RecordedProgram): string | null {
  if (observations.length !== steps.length + 1)
    return `${observations.length} observations of ${steps.length} steps and the last look`;
  const due = new Map(Object.entries(watch).map(([r, pages]) => [r, observedPages(pages).length]));
  for (const { i, o, f } of observations) {
    const wrong = misfitOf(o, due) ?? (f === undefined ? null : misfitOf(f, due));
    if (wrong !== null) return `at ${i} ${wrong}`;
  }
  return null;
}

function misfitOf(watched: Watched<unknown>, due: ReadonlyMap<string, number>): string | null {
  for (const p in watched) {
    const regions = watched[p];
    for (const [r, nr] of due)
      if (regions[r]?.length !== nr)
        return `process ${p} shows ${regions[r]?.length ?? 0} pages of region ${r}, watched are ${nr}`;
    for (const r in regions)
      if (!due.has(r))
        return `process ${p} shows ${regions[r].length} pages of region ${r}, watched are none`;
  }
  return null;
}
