/** Units of a fuzzing campaign: a range of random programs, and one program that is made small. */
import type { Catalogue } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';
import { type Divergence, fuzzProgram, shrink } from '@cowlab/oracle';
import { type Coverage, fuzz, knownCells, lookOf } from '@cowlab/oracle/fuzz';
import { formatPrograms, type Program } from '@cowlab/scenario';
import type { FuzzQuestion } from '../plan/question.ts';
import type { Unit } from '../plan/unit.ts';
import { type Cause, causeOf } from './cause.ts';
import { LAWS, match, type Match } from './opponents.ts';
import { stepPairs } from './step-pairs.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

/** What a range of programs came to. */
export interface ProgramsOutcome {
  readonly programs: number;
  readonly diverging: number;
  readonly reporting: number;
  readonly unjudged: readonly { readonly number: number; readonly why: string }[];
  /** What diverges, by what it looks like before it is made small: how many, and the first few. */
  readonly looks: Readonly<Record<string, { readonly programs: number; readonly first: readonly number[] }>>;
  /** Programs that reached each cell of the model. */
  readonly reached: Coverage['reached'];
  /** Cells that there are. */
  readonly cells: number;
}

export interface ShrinkOutcome {
  readonly number: number;
  /** null: it does not diverge when it is asked again. */
  readonly found: {
    readonly cause: Cause;
    readonly steps: number;
    readonly of: number;
    readonly minimal: boolean;
    readonly tried: number;
    readonly text: string;
    readonly divergence: Divergence;
    /** Without any one of them there is no difference; or, where that is none, all of the lane's. */
    readonly policies: readonly string[];
  } | null;
}

/** Programs of one look that are made small; others are only counted. */
export const SHRUNK_ALIKE_MAX = 3;

export class FuzzWork implements Workshop {
  private readonly matches = new Map<string, Promise<Match>>();

  private constructor(
    private readonly question: FuzzQuestion,
    private readonly place: WorkPlace,
    private readonly catalogue: Catalogue,
  ) {}

  static async open(question: FuzzQuestion, place: WorkPlace): Promise<FuzzWork> {
    const { catalogue } = await openWorkplace(place.cwd, place.asked);
    return new FuzzWork(question, place, catalogue);
  }

  async perform(unit: Unit): Promise<ProgramsOutcome | ShrinkOutcome> {
    if (unit.work !== 'programs' && unit.work !== 'shrink') throw new Error(`${unit.work} is no unit of fuzzing`);
    const known = this.matches.get(keyOf(unit)) ?? match(unit.lane, unit.against, this.catalogue, this.place);
    this.matches.set(keyOf(unit), known);
    try {
      const pair = await known;
      return await (unit.work === 'programs' ? this.programs(unit, pair) : this.shrink(unit, pair));
    } finally {
      // A kernel is not kept from others while nobody asks it.
      if (/^\d/.test(unit.against)) await this.forget(keyOf(unit));
    }
  }

  async close(): Promise<void> {
    for (const key of [...this.matches.keys()]) await this.forget(key);
  }

  private async forget(key: string): Promise<void> {
    const known = this.matches.get(key);
    this.matches.delete(key);
    await known?.then((pair) => pair.close(), () => undefined);
  }

  private async programs(
    { against, from, to }: Extract<Unit, { work: 'programs' }>,
    { kernel, judge, traits }: Match,
  ): Promise<ProgramsOutcome> {
    const { seed, kinds } = this.question;
    const looks: Record<string, { programs: number; first: number[] }> = {};
    const pairs = new Map<string, number>();
    const cells = knownCells(traits, kinds);
    const report = await fuzz({ seed, kinds, programs: Array.from({ length: to - from }, (_, at) => from + at),
      secondsMax: Infinity, findingsMax: Infinity, shrunkAlikeMax: 0, judge, cells, onProgram: ({ number, came }) => {
        for (const pair of stepPairs(fuzzProgram(seed, number, kinds))) pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
        if (typeof came === 'string' || came.divergence === null) return;
        const look = looks[lookUnder(against, came.divergence)] ??= { programs: 0, first: [] };
        look.programs++;
        if (look.first.length < SHRUNK_ALIKE_MAX) look.first.push(number);
      } }, kernel);
    return { programs: to - from, diverging: report.diverging.length, reporting: report.nrReporting,
      unjudged: report.unjudged, looks, reached: { ...report.coverage.reached, ...Object.fromEntries(pairs) },
      cells: cells.length };
  }

  private async shrink(
    { lane, against, number }: Extract<Unit, { work: 'shrink' }>,
    { kernel, judge, judgeOf, overlays }: Match,
  ): Promise<ShrinkOutcome> {
    const { seed, kinds } = this.question;
    const program = fuzzProgram(seed, number, kinds);
    const differsUnder = (by: typeof judge) => async (programs: readonly Program[]) => {
      const answers = kernel.ask(programs);
      return Promise.all(programs.map(async (one, at) => {
        const answer = await answers[at];
        return 'failure' in answer
          ? null
          : (await by({ program: one, observations: answer.observations, inSteps: false })).divergence;
      }));
    };
    const differs = differsUnder(judge);
    const [divergence] = await differs([program]);
    if (divergence === null) return { number, found: null };
    const shrunk = await shrink(program, divergence, differs);
    const needed: string[] = [];
    // The laws are asked of whatever policies there are; a kernel or another lane is differed from.
    for (const { id } of overlays) {
      const [without] = await differsUnder(judgeOf(overlays.filter((overlay) => overlay.id !== id)))([shrunk.program]);
      if (without === null) needed.push(id);
    }
    return { number,
      found: { cause: causeOf(lane, against, lookUnder(against, shrunk.divergence), shrunk),
        steps: shrunk.program.steps.length, of: program.steps.length, minimal: shrunk.minimal, tried: shrunk.nrTried,
        text: formatPrograms([{ ...shrunk.program, id: String(number) }]), divergence: shrunk.divergence,
        policies: needed.length > 0 ? needed : overlays.map(({ id }) => id) } };
  }
}

const keyOf = ({ lane, against }: { readonly lane: string; readonly against: string }): string =>
  `${lane} / ${against}`;

/** A law goes by its name; what is differed from a kernel or lane, by what differs. */
function lookUnder(against: string, divergence: Divergence): string {
  return against === LAWS && divergence.kind === 'crash' ? `law ${divergence.model.split(':')[0]}` : lookOf(divergence);
}
