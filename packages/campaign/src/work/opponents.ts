/**
 * Whom a lane is compared with: another lane, the laws that every policy keeps, or a kernel. Each says what it does with
 * a program as a kernel does, and the lane is judged by the same judge.
 */
import { release } from 'node:os';
import { type Command, type Overlay, stackPolicies, type Traits, X86_64 } from '@cowlab/core';
import { type Catalogue, type Lane, overlaysOf, policyOf, resolveLanes } from '@cowlab/composition';
import { kernelFetched, laneJudge } from '@cowlab/conformance';
import { type Divergence, ModelCrash, type Reporting, reportingOf, runProgram } from '@cowlab/oracle';
import { type Asked, type FuzzKernel, GuestKernel, type Judge, type Judged, judgeUnder, type KernelAnswer,
  LiveKernel } from '@cowlab/oracle/fuzz';
import { placeOf, seriesOf } from '@cowlab/oracle/kernels';
import { bulkEqualsStepped, type Case, LawBroken, replays, staysSound } from '@cowlab/testing/laws';
import type { Program } from '@cowlab/scenario';
import type { WorkPlace } from './workshop.ts';

export interface Match {
  readonly kernel: FuzzKernel;
  readonly judge: Judge;
  readonly traits: Traits;
  /** Under other policies instead of those of the lane: is there a difference still? */
  readonly judgeOf: (overlays: readonly Overlay[]) => Judge;
  readonly overlays: readonly Overlay[];
  close(): Promise<void>;
}

export const LAWS = 'laws';
/** What the model reports beside what it does follows a kernel; between lanes it is the same one. */
const REPORTING = '6.18';

/** @throws CompositionError, PluginError, LiveError */
export async function match(text: string, against: string, catalogue: Catalogue, place: WorkPlace): Promise<Match> {
  if (/^\d/.test(against)) return kernelMatch(text, against, catalogue, place);
  const overlays = overlaysOf(await laneOf(text, catalogue));
  const reporting = reportingOf(REPORTING);
  const judgeOf = (some: readonly Overlay[]): Judge =>
    against === LAWS ? lawJudge(some, reporting) : later(judgeUnder(stackPolicies(some), reporting));
  const kernel = against === LAWS
    ? new ModelKernel((program) => runProgram(program, stackPolicies(overlays), reporting))
    : lanesKernel(await laneOf(against, catalogue), reporting);
  return { kernel, judge: judgeOf(overlays), judgeOf, overlays, traits: stackPolicies(overlays).traits,
    close: () => Promise.resolve() };
}

async function laneOf(text: string, catalogue: Catalogue): Promise<Lane> {
  const [lane] = await resolveLanes(text, catalogue);
  return lane;
}

function lanesKernel(lane: Lane, reporting: Reporting): FuzzKernel {
  const policy = policyOf(lane);
  return new ModelKernel((program) => runProgram(program, policy, reporting));
}

const later = (judge: (asked: Asked) => Judged): Judge => (asked) => new Promise((resolve) => resolve(judge(asked)));

/** A model in the place of a kernel. */
class ModelKernel implements FuzzKernel {
  readonly release = 'a model';

  constructor(private readonly run: (program: Program) => ReturnType<typeof runProgram>) {}

  ask(programs: readonly Program[]): readonly Promise<KernelAnswer>[] {
    // Others of this thread get their turn between programs.
    let before: Promise<unknown> = new Promise((turn) => setImmediate(turn));
    return programs.map((program) => {
      const answer = before.then(() => this.answer(program));
      before = answer;
      return answer;
    });
  }

  private answer(program: Program): KernelAnswer {
    try {
      return { observations: this.run(program) };
    } catch (cause) {
      if (cause instanceof ModelCrash) return { failure: cause.message };
      throw cause;
    }
  }
}

/** The lane against itself shows what is left to chance; what breaks a law is told as a difference. */
function lawJudge(overlays: readonly Overlay[], reporting: Reporting): Judge {
  const policy = stackPolicies(overlays);
  const judge = judgeUnder(policy, reporting);
  const { anonExclusive, hugetlbCopyIgnoresVma: ignoreVmaWrite } = policy.traits;
  return (asked) =>
    new Promise((resolve) => {
      const judged = judge(asked);
      if (judged.divergence !== null) return resolve(judged);
      const commands: Command[] = [];
      runProgram(asked.program, policy, reporting, { onKernel: () => undefined, onResult: () => undefined,
        onCommand: (command) => void commands.push(command) });
      const broken = brokenLaw({ geometry: X86_64, overlays, program: commands }, { anonExclusive, ignoreVmaWrite });
      resolve(broken === null ? judged : { ...judged, divergence: asDivergence(asked.program, broken) });
    });
}

function brokenLaw(it: Case, judged: Parameters<typeof staysSound>[1]): LawBroken | null {
  try {
    replays(it);
    bulkEqualsStepped(it);
    staysSound(it, judged);
    return null;
  } catch (cause) {
    if (cause instanceof LawBroken) return cause;
    throw cause;
  }
}

function asDivergence({ id = '' }: Program, { message }: LawBroken): Divergence {
  return { set: 'fuzz', program: id, step: -1, stepText: 'the whole program', op: 'end', kind: 'crash', process: null,
    region: null, page: null, slot: null, memory: null, kernel: 'the laws of all policies hold', model: message,
    kernelSaw: null, modelSaw: null };
}

/** The kernel of this machine goes by its own series; any other is a guest. */
async function kernelMatch(text: string, series: string, catalogue: Catalogue, place: WorkPlace): Promise<Match> {
  const here = seriesOf({ release: release(), version: release() }) === series;
  const fetched = here ? null : kernelFetched(series, place.env);
  const kernel = fetched === null ? await LiveKernel.open() : await GuestKernel.open(fetched, placeOf(place.env));
  const version = fetched?.version ?? release();
  const { judge, traits } = await laneJudge(text, catalogue, kernel.zeroPage, version);
  const overlays = overlaysOf(await laneOf(text, catalogue));
  return { kernel, judge: later(judge), traits, overlays,
    judgeOf: (some) => later(judgeUnder(stackPolicies(some), reportingOf(version))), close: () => kernel.close() };
}
