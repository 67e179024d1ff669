/** Which branches of the model programs reached. A program's cells are gathered while it runs, a look-up a fact. */
import type { Command, Event, Kernel, Policy, Result } from '@cowlab/core';
import type { RunWatch } from '../golden/run-program.ts';
import { type Cell, eitherCell, eithersOf, factCell, refusalCell, stepCell, VERDICTS, verdictCell,
  type VerdictHook } from './fuzz-cells.ts';

export interface Coverage {
  readonly nrCells: number;
  readonly nrReached: number;
  /** Of the known ones, in their order. */
  readonly never: readonly Cell[];
  /** Programs that reached it, the known ones first, then what no list could name before: refusals by their errno. */
  readonly reached: Readonly<Record<Cell, number>>;
}

/** Adds up what programs reached. */
export class CoverageSum {
  private readonly programs = new Map<Cell, number>();
  private readonly known: ReadonlySet<Cell>;
  nrReached = 0;

  constructor(private readonly cells: readonly Cell[]) {
    this.known = new Set(cells);
  }

  get nrCells(): number {
    return this.cells.length;
  }

  add(cells: Iterable<Cell>): void {
    for (const cell of cells) {
      const before = this.programs.get(cell) ?? 0;
      if (before === 0 && this.known.has(cell)) this.nrReached++;
      this.programs.set(cell, before + 1);
    }
  }

  total(): Coverage {
    const others = [...this.programs.keys()].filter((cell) => !this.known.has(cell)).sort();
    const reached = [...this.cells, ...others].flatMap((
      cell,
    ) => (this.programs.has(cell) ? [[cell, this.programs.get(cell) ?? 0]] : []));
    return { nrCells: this.nrCells, nrReached: this.nrReached,
      never: this.cells.filter((cell) => !this.programs.has(cell)),
      reached: Object.fromEntries(reached) as Record<Cell, number> };
  }
}

/** Looks on while programs run and remembers what the one at hand reached. */
export class CoverageWatch implements RunWatch {
  /** The policy to run under, or no verdict is seen. */
  readonly policy: Policy;
  private reached = new Set<Cell>();
  private command = '';
  private stepped = false;
  private readonly names = new Map<string, Map<string, Cell>>();

  constructor(policy: Policy) {
    const see = <Verdict extends string>(hook: VerdictHook, verdict: Verdict): Verdict => {
      this.reached.add(this.name(hook, verdict, verdictCell));
      return verdict;
    };
    const watched: Partial<Record<VerdictHook, unknown>> = {};
    for (const hook of Object.keys(VERDICTS) as VerdictHook[]) {
      const ask = policy[hook] as (view: unknown, request?: unknown) => string;
      watched[hook] = (view: unknown, request?: unknown) => see(hook, ask(view, request));
    }
    this.policy = { ...policy, ...(watched as Pick<Policy, VerdictHook>) };
  }

  /** What was reached since the last call. */
  take(): ReadonlySet<Cell> {
    const { reached } = this;
    this.reached = new Set();
    return reached;
  }

  /**
   * Until the next call: atomic steps are seen, too. The kernel then leaves its bulk paths, so not every program is
   * run so.
   */
  inSteps(stepped: boolean): this {
    this.stepped = stepped;
    return this;
  }

  readonly onKernel = (kernel: Kernel): void => {
    kernel.onEvent = this.onEvent;
    if (this.stepped) kernel.onStep = (path, step) => void this.reached.add(this.name(path, step, stepCell));
  };

  readonly onCommand = ({ type }: Command): void => void (this.command = type);

  readonly onResult = ({ type }: Command, result: Result): void => {
    if (!result.ok) this.reached.add(refusalCell(type, result.errno));
  };

  private readonly onEvent = (event: Event): void => {
    const { type } = event;
    if (!OF_THE_DRIVER.has(this.command)) this.reached.add(this.name(this.command, type, factCell));
    for (const field of eithersOf(type)) {
      const value = (event as unknown as Readonly<Record<string, boolean>>)[field];
      this.reached.add(this.name(type, value ? field : `!${field}`, () => eitherCell(type, field, value)));
    }
  };

  /** The same text for the same two words, made once. */
  private name(one: string, other: string, cell: (one: string, other: string) => Cell): Cell {
    let cells = this.names.get(one);
    if (cells === undefined) this.names.set(one, cells = new Map<string, Cell>());
    let name = cells.get(other);
    if (name === undefined) cells.set(other, name = cell(one, other));
    return name;
  }
}

/** Commands that stand for no step. */
const OF_THE_DRIVER: ReadonlySet<string> = new Set(['SetPool', 'Spawn', 'CreateFile']);
