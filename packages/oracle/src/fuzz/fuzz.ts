/**
 * Random programs on a kernel and on the model. Programs are told in the order of their numbers, whoever judged them
 * and when; so a seed gives the same run, however many threads there are. Where the two part, the kernel is asked
 * again (one that answers in two ways is no judge), and the program is shrunk.
 */
import { formatPrograms, type MachineSettings, type Program } from '@cowlab/scenario';
import type { Divergence } from '../compare/divergence.ts';
import type { Cell } from './fuzz-cells.ts';
import { type Coverage, CoverageSum } from './fuzz-coverage.ts';
import type { Judge, Judged } from './fuzz-judge.ts';
import type { FuzzKernel, KernelAnswer } from './fuzz-kernel.ts';
import { type FuzzKinds, fuzzProgram } from '../programs/fuzz-program.ts';
import { shrink, type Shrunk } from '../programs/shrink.ts';

export interface FuzzSettings {
  readonly seed: number;
  readonly kinds: FuzzKinds;
  /** Of the machine, for all programs. */
  readonly settings?: MachineSettings;
  /** How many, from number 0 on; or these numbers only. */
  readonly programs: number | readonly number[];
  /** No more are begun after this. */
  readonly secondsMax: number;
  /** Findings after which the run ends. */
  readonly findingsMax: number;
  /** Programs shrunk for what looks alike; more of them are only counted. Default: 3; 0 leaves that to others. */
  readonly shrunkAlikeMax?: number;
  readonly judge: Judge;
  /** What there is to reach. */
  readonly cells: readonly Cell[];
  /** Programs that an earlier run was through with, by number: nobody is asked again. */
  readonly known?: ReadonlyMap<number, TakenProgram>;
  /** Told of every program when the run is through with it. */
  readonly onProgram?: (taken: TakenProgram) => void;
  readonly onProgress?: (progress: FuzzProgress) => void;
  readonly onFinding?: (finding: FuzzFinding) => void;
}

/** What became of one program. */
export interface TakenProgram {
  readonly number: number;
  /** Or why the kernel could not be asked. */
  readonly came: Judged | string;
  /** That it brought about; null: it diverges in no new way, or not at all. */
  readonly finding: FuzzFinding | null;
}

export interface FuzzProgress {
  readonly nrPrograms: number;
  readonly nrDiverging: number;
  readonly nrCells: number;
  readonly nrReached: number;
  /** The program that is being shrunk, or null. */
  readonly shrinking: number | null;
}

/** A way in which model and kernel part. */
export interface FuzzFinding {
  /** Number of the first program that shows it. */
  readonly number: number;
  readonly program: Program;
  /** As that program shows it. */
  readonly divergence: Divergence;
  /** null: asked again, the kernel did something else. */
  readonly shrunk: Shrunk | null;
}

export interface FuzzReport {
  /** Of the kernel. */
  readonly release: string;
  readonly nrPrograms: number;
  /** Programs, and their numbers, that diverge. */
  readonly diverging: readonly number[];
  readonly findings: readonly FuzzFinding[];
  /** What the kernel could not be asked. */
  readonly unjudged: readonly { readonly number: number; readonly why: string }[];
  /** Programs that differ in nothing but what kernels report. */
  readonly nrReporting: number;
  readonly coverage: Coverage;
}

const BATCH = 32;
/** Batches on their way. */
const AHEAD = 3;
/** One program in so many is also run step by step. */
const IN_STEPS_EVERY = 16;
const SHRUNK_ALIKE_MAX = 3;

/** @throws LiveError, PolicyError */
export async function fuzz(settings: FuzzSettings, kernel: FuzzKernel): Promise<FuzzReport> {
  return new Run(settings, kernel).run();
}

/** A program on its way. */
interface Pending {
  readonly number: number;
  readonly program: Program;
  readonly judged: Promise<Judged | string>;
}

class Run {
  private nrPrograms = 0;
  private nrReporting = 0;
  private readonly coverage: CoverageSum;
  private readonly diverging: number[] = [];
  private readonly findings: FuzzFinding[] = [];
  private readonly unjudged: { number: number; why: string }[] = [];
  /** Programs shrunk, by what they looked like before; findings by what they look like after. */
  private readonly shrunkAlike = new Map<string, number>();
  private readonly minimal = new Set<string>();

  constructor(private readonly settings: FuzzSettings, private readonly kernel: FuzzKernel) {
    this.coverage = new CoverageSum(settings.cells);
  }

  async run(): Promise<FuzzReport> {
    const { programs, secondsMax } = this.settings;
    const end = performance.now() + secondsMax * 1000;
    const nr = typeof programs === 'number' ? programs : programs.length;
    const ahead: (readonly Pending[])[] = [];
    for (let next = 0; !this.enough;) {
      for (; ahead.length < AHEAD && next < nr && performance.now() < end; next += BATCH)
        ahead.push(this.ask(next, Math.min(nr, next + BATCH)));
      const batch = ahead.shift();
      if (batch === undefined) break;
      for (const pending of batch) {
        await this.take(pending);
        if (this.enough) break;
      }
    }
    // Whoever is still being judged is waited for: nothing of this run goes on after it.
    await Promise.allSettled(ahead.flat().map(({ judged }) => judged));
    const { release } = this.kernel;
    const { nrPrograms, diverging, findings, unjudged, nrReporting } = this;
    return { release, nrPrograms, diverging, findings, unjudged, nrReporting, coverage: this.coverage.total() };
  }

  private get enough(): boolean {
    return this.findings.length >= this.settings.findingsMax;
  }

  private ask(from: number, to: number): readonly Pending[] {
    const { seed, kinds, programs, settings } = this.settings;
    const numbers = Array.from({ length: to - from },
      (_, at) => (typeof programs === 'number' ? from + at : programs[from + at]));
    const batch = numbers.map((number) => ({ number, program: fuzzProgram(seed, number, kinds, settings) }));
    const answers = this.answers(batch);
    return batch.map(({ number, program }) => {
      const answer = answers.get(number);
      const judged = answer === undefined
        ? Promise.resolve(this.settings.known?.get(number)?.came ?? '')
        : this.judge(program, answer, number % IN_STEPS_EVERY === IN_STEPS_EVERY - 1);
      // It is waited for in its turn; until then nobody need hear that it failed.
      judged.catch(() => undefined);
      return { number, program, judged };
    });
  }

  /** Of those that are not known, by number. */
  private answers(
    batch: readonly { readonly number: number; readonly program: Program }[],
  ): ReadonlyMap<number, Promise<KernelAnswer>> {
    const { known } = this.settings;
    const asked = batch.filter(({ number }) => known?.has(number) !== true);
    const answers = asked.length === 0 ? [] : this.kernel.ask(asked.map(({ program }) => program));
    return new Map(asked.map(({ number }, at) => [number, answers[at]]));
  }

  /** Why the kernel could not be asked, twice; or what the model has to say to its answer. */
  private async judge(program: Program, answer: Promise<KernelAnswer>, inSteps = false): Promise<Judged | string> {
    let told = await answer;
    if ('failure' in told) told = await this.kernel.ask([program])[0];
    return 'failure' in told
      ? told.failure
      : this.settings.judge({ program, observations: told.observations, inSteps });
  }

  private async take({ number, program, judged }: Pending): Promise<void> {
    const came = await judged;
    const known = this.settings.known?.get(number);
    const before = this.findings.length;
    this.nrPrograms++;
    if (typeof came === 'string') this.unjudged.push({ number, why: came });
    else {
      this.coverage.add(came.reached);
      if (came.reporting !== null) this.nrReporting++;
      if (came.divergence !== null) {
        this.diverging.push(number);
        if (known === undefined) await this.find(number, program, came.divergence);
        else this.findAgain(known, came.divergence);
      }
    }
    if (known === undefined) this.settings.onProgram?.({ number, came, finding: this.findings.at(before) ?? null });
    this.tell(null);
  }

  private async find(number: number, program: Program, divergence: Divergence): Promise<void> {
    const look = lookOf(divergence);
    const times = this.shrunkAlike.get(look) ?? 0;
    if (times === (this.settings.shrunkAlikeMax ?? SHRUNK_ALIKE_MAX)) return;
    this.shrunkAlike.set(look, times + 1);
    this.tell(number);
    const [again] = await this.differs([program]);
    if (JSON.stringify(again) !== JSON.stringify(divergence))
      return this.found({ number, program, divergence, shrunk: null });
    const shrunk = await shrink(program, divergence, this.differs);
    const text = textOf(shrunk);
    if (this.minimal.has(text)) return;
    this.minimal.add(text);
    this.found({ number, program, divergence, shrunk });
  }

  /** As an earlier run found it: later programs must meet what they would have met then. */
  private findAgain({ finding }: TakenProgram, divergence: Divergence): void {
    const look = lookOf(divergence);
    this.shrunkAlike.set(look, Math.min(SHRUNK_ALIKE_MAX, (this.shrunkAlike.get(look) ?? 0) + 1));
    if (finding === null) return;
    if (finding.shrunk !== null) this.minimal.add(textOf(finding.shrunk));
    this.found(finding);
  }

  private found(finding: FuzzFinding): void {
    this.findings.push(finding);
    this.settings.onFinding?.(finding);
  }

  /** What the kernel cannot be asked shows nothing. */
  private readonly differs = async (programs: readonly Program[]): Promise<readonly (Divergence | null)[]> => {
    const answers = this.kernel.ask(programs);
    const judged = await Promise.all(programs.map((program, at) => this.judge(program, answers[at])));
    return judged.map((came) => (typeof came === 'string' ? null : came.divergence));
  };

  private tell(shrinking: number | null): void {
    const { nrCells, nrReached } = this.coverage;
    this.settings.onProgress?.({ nrPrograms: this.nrPrograms, nrDiverging: this.diverging.length, nrCells, nrReached,
      shrinking });
  }
}

/** By what those are told apart that are not shrunk yet. */
export const lookOf = ({ kind, op, memory }: Divergence): string => `${kind} ${op} ${memory}`;
const textOf = ({ program }: Shrunk): string => formatPrograms([{ ...program, id: '0' }]);
