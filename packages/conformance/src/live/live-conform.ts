/**
 * Does the model tell the truth about the kernel of this machine? Each scenario is run on both and compared step by
 * step. A kernel that does what the model did has the model's verdicts, so what the scenario expects of the profile is
 * judged on the model.
 */
import { release } from 'node:os';
import { type Policy, X86_64 } from '@cowlab/core';
import { compareProgram, type Divergence, ModelCrash, type Observation, type Reporting, reportingOf,
  runProgram } from '@cowlab/oracle';
import { type LiveCan, LiveError, LiveMachine, sighted, whyNoAgent, zeroPageOf } from '@cowlab/oracle/live';
import type { Program, Scenario } from '@cowlab/scenario';
import { type Catalogue, compose, CompositionError, type Lane, resolveLanes } from '@cowlab/composition';
import { type ExpectationResult, expectedFailure, hazardsIn, judge, runScenario } from '@cowlab/trial';
import { profileOf } from '../golden/conform.ts';
import type { LiveCase } from './live-cases.ts';
import { onMachine } from '../on-machine.ts';

/** `failure`: the kernel was asked and did not come to the end, at that step. */
export type LiveMeeting =
  | { readonly met: 'same' }
  | { readonly met: 'missing'; readonly missing: string }
  | { readonly met: 'failure'; readonly failure: string; readonly step: number | null }
  /**
   * `values`: the first difference in what processes, devices and pipes see, which may come later than one in
   * accounting. `again`: the kernel, asked once more, parted from the model too.
   */
  | { readonly met: 'differs'; readonly divergence: Divergence; readonly values: Divergence | null;
    readonly again: boolean };

export interface LiveVerdict {
  readonly name: string;
  readonly meeting: LiveMeeting;
  /** Those said of the profile, judged on the model. */
  readonly expectations: readonly ExpectationResult[];
  /** The defect for which not all of them are to hold; null: all are. */
  readonly defect: string | null;
}

export interface LiveConformSettings {
  readonly catalogue: Catalogue;
  /** A lane; by default the profile of this machine's kernel. */
  readonly profile?: string;
}

/** Null members: this machine cannot be asked, for the reason given. */
export class LiveConform {
  private constructor(
    readonly kernel: string,
    readonly lane: Lane,
    private readonly policy: Policy,
    private readonly reporting: Reporting,
    private readonly machine: LiveMachine | null,
    /** What the machine adds to the lane, in words; null: nothing. */
    readonly added: string | null,
    private readonly lacks: string | null,
  ) {}

  /** @throws CompositionError or PluginError */
  static async open({ catalogue, profile }: LiveConformSettings): Promise<LiveConform> {
    const lacks = whyNoAgent();
    const kernel = process.platform === 'linux' ? release() : 'none';
    // Without a kernel there is nothing to be like; any profile will do to be skipped under.
    const name = profile
      ?? (process.platform === 'linux'
        ? profileOf(kernel, catalogue.profiles)
        : Object.keys(catalogue.profiles).at(-1) ?? '');
    const lanes = await resolveLanes(name, catalogue);
    if (lanes.length !== 1)
      throw new CompositionError(`profile ${name}`, `${lanes.length} lanes are named`, 'a kernel is compared with one');
    let live: LiveMachine | null = null;
    try {
      live = lacks === null ? await LiveMachine.open() : null;
      const { lane, machine: added } = onMachine(lanes[0], live === null ? 'mapped' : zeroPageOf(live.can), catalogue);
      const [lab] = compose([lane]);
      return new LiveConform(kernel, lane, lab.policy, reportingOf(kernel), live, added, lacks);
    } catch (cause) {
      await live?.close();
      throw mended(cause);
    }
  }

  /** Null: it cannot be asked. */
  get can(): LiveCan | null {
    return this.machine?.can ?? null;
  }

  /** @throws PolicyError when an overlay is at fault, CompositionError when the agent cannot be started */
  async meet({ name, program, scenario }: LiveCase): Promise<LiveVerdict> {
    const expectations = scenario === null ? [] : this.judged(scenario);
    const defect = scenario === null ? null : expectedFailure(scenario, this.lane.name)?.why ?? null;
    try {
      return { name, meeting: await this.compared(name, program), expectations, defect };
    } catch (cause) {
      throw mended(cause);
    }
  }

  /** Settings of the machine are as they were before when this is through. */
  async close(): Promise<void> {
    await this.machine?.close();
  }

  private async compared(name: string, program: Program): Promise<LiveMeeting> {
    const first = await this.asked(name, program);
    if (first.met !== 'differs') return first;
    // What happens once and not again is told as such: it is not what this program does on this kernel.
    const second = await this.asked(name, program);
    return { ...first, again: second.met === 'differs' };
  }

  private async asked(name: string, program: Program): Promise<LiveMeeting> {
    const { machine } = this;
    if (machine === null) return { met: 'missing', missing: this.lacks ?? 'this machine cannot be asked' };
    const run = await machine.run(program);
    if ('missing' in run) return { met: 'missing', missing: run.missing };
    if ('failure' in run) return { met: 'failure', ...run };
    const named = { ...program, id: name };
    const seen = this.modelled(named, machine.can);
    if ('failure' in seen) return seen;
    const { divergence } = compareProgram('live', named, run.observations, seen.observations);
    if (divergence === null) return { met: 'same' };
    if (passedOver(divergence))
      return { met: 'missing', missing: 'swapout: MADV_PAGEOUT passes over pages that several processes map' };
    const values =
      compareProgram('live', named, sighted(run.observations, VALUES), sighted(seen.observations, VALUES)).divergence;
    return { met: 'differs', divergence, values, again: true };
  }

  /** The model, seen with the eyes of this machine's user. */
  private modelled(
    program: Program,
    can: LiveCan,
  ): { readonly observations: readonly Observation[] } | Extract<LiveMeeting, { met: 'failure' }> {
    try {
      const observations = runProgram(program, this.policy, this.reporting);
      return { observations: can.frames ? observations : sighted(observations, can) };
    } catch (cause) {
      if (!(cause instanceof ModelCrash)) throw cause;
      return { met: 'failure', failure: `the model broke down: ${cause.message}`,
        step: Math.min(cause.observations.length, program.steps.length - 1) };
    }
  }

  private judged(scenario: Scenario): ExpectationResult[] {
    const [lab] = compose([this.lane], { geometry: X86_64 });
    const run = runScenario(scenario, lab);
    return judge(scenario, run, { hazards: hazardsIn(run.steps.flatMap(({ findings }) => findings)) }, this.lane.name);
  }
}

/**
 * The nearest that a process comes to reclaim takes nothing from others.
 * @kernel mm/madvise.c madvise_cold_or_pageout_pte_range()
 */
function passedOver({ op, kind, kernelSaw }: Divergence): boolean {
  return op === 'swapout' && kind === 'presence' && Array.isArray(kernelSaw) && kernelSaw[2] !== 1;
}

/** Eyes for nothing but what can be read. */
const VALUES = { presence: false };

function mended(cause: unknown): unknown {
  return cause instanceof LiveError ? new CompositionError(cause.where, cause.problem, cause.mend, { cause }) : cause;
}
