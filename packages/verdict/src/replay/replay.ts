/**
 * The whole recording, carried out by the model of the kernel that was recorded. Where the two part, the recording is
 * right: each difference is a fault of ours, and nothing may rest on the memory that it meets.
 */
import { compose, type Lane } from '@cowlab/composition';
import { type LogEntry, X86_64 } from '@cowlab/core';
import { commandProblem, Unlogged } from '@cowlab/runtime';
import { type AccessItem, type CallItem, type FaultSample, planReplay, type PlanItem, type PlanSource, type SetupItem,
  type StraceReading, TraceError, type TracePlan } from '@cowlab/trace';
import { type Before, type FaultAudit, FaultCounts } from '../audit/fault-audit.ts';
import { hex, pageOf } from '../story/entities.ts';
import { type Death, deathProblem, deathsIn } from './deaths.ts';

export interface Difference {
  /** A call came to something else; an access dies in the model; or one that died lives there. */
  readonly kind: 'result' | 'death' | 'no-death';
  readonly source: PlanSource;
  readonly pid: number;
  /** Page numbers that it meets, `end` past the last; null: the whole address space of `pid`. */
  readonly pages: { readonly start: number; readonly end: number } | null;
  readonly what: string;
}

export interface Replay {
  /** The lane that stands for the recorded kernel. */
  readonly kernel: string;
  /** Nothing tells which kernel was recorded; this one was taken for it. */
  readonly assumed: boolean;
  /** Why it was not carried out; null: it was. */
  readonly refused: string | null;
  readonly differences: readonly Difference[];
  /** Null without page faults. */
  readonly audit: FaultAudit | null;
}

export interface ReplayInput {
  readonly name: string;
  readonly reading: StraceReading;
  /** Null: none, or refused. */
  readonly samples: readonly FaultSample[] | null;
  readonly accesses: string | undefined;
  /** Processes that no call of the recording made: what they had mapped before is not known. */
  readonly unknown: ReadonlySet<number>;
  readonly assumed: boolean;
}

/**
 * Machines differ by more than their kernel (some map no zero page): the first of the lanes stands for it, unless
 * another one explains more of the faults.
 */
export function replayOn(input: ReplayInput, [lane, ...others]: readonly Lane[]): Replay {
  let best = replayOnLane(input, lane);
  for (const other of others) {
    if (open(best) === 0) break;
    const replay = replayOnLane(input, other);
    if (open(replay) < open(best)) best = replay;
  }
  return best;
}

const open = ({ audit }: Replay): number => audit?.nrUnexplained ?? 0;

function replayOnLane(input: ReplayInput, lane: Lane): Replay {
  const base = { kernel: lane.name, assumed: input.assumed };
  try {
    return { ...base, refused: null, ...carryOut(input, lane) };
  } catch (error) {
    return { ...base, refused: refusalOf(error), differences: [], audit: null };
  }
}

/** A recording that asks for what no machine can do is refused; of anything else, the fault is ours, and is said so. */
function refusalOf(error: unknown): string {
  const { name, message } = error as Error;
  if (error instanceof TraceError || name === 'WorldLimitError') return message;
  return `${MODEL_BROKE}: ${name}: ${message}`;
}

export const MODEL_BROKE = 'the model broke on it, which is a fault of cowlab';
const UNEDITED = 'give the recording whole and unedited';

/** What the model did at each item of the recording. @throws TraceError as the replay is refused */
export type Visit = (item: PlanItem, entries: readonly LogEntry[]) => void;

export function visitReplay(input: ReplayInput, lane: Lane, visit: Visit): void {
  carryOut(input, lane, visit);
}

function carryOut(input: ReplayInput, lane: Lane, visit?: Visit): Pick<Replay, 'differences' | 'audit'> {
  const { name, reading, samples, accesses, unknown } = input;
  const plan = planReplay({ name, strace: reading, ...(samples === null ? {} : { faults: samples }),
    ...(accesses === undefined ? {} : { accesses }) });
  const walk = new Walk(plan, lane, unknown, deathsIn(reading), visit);
  return { differences: walk.differences, audit: samples === null ? null : walk.counts.audit };
}

class Walk {
  readonly differences: Difference[] = [];
  readonly counts: FaultCounts;
  private readonly lab: Unlogged;
  private nextDeath = 0;

  constructor(
    private readonly plan: TracePlan,
    lane: Lane,
    private readonly unknown: ReadonlySet<number>,
    private readonly deaths: readonly Death[],
    private readonly visit: Visit | undefined,
  ) {
    const [lab] = compose([lane], { geometry: X86_64 });
    this.lab = new Unlogged(lab.branch());
    this.counts = new FaultCounts(deaths);
    for (const item of plan.items) {
      if (item.kind === 'access') this.access(item);
      else this.call(item);
    }
  }

  private access(item: AccessItem): void {
    const { world } = this.lab;
    const [mm, vpn] = [world.mmOf(item.task), pageOf(item.addr)];
    const present = mm >= 0 && world.frameAt(mm, vpn) >= 0;
    const presentOfFile = present && item.faulted && this.isFilePage(mm, vpn);
    const before: Before = { mm, present, presentOfFile, ofFile: () => this.isFilePage(mm, vpn),
      mapping: () => this.mappingAt(mm, vpn) };
    const entries = this.execute(item);
    if (this.unknown.has(item.pid)) this.counts.skip(item);
    else this.counts.add(item, entries, before);
  }

  private call(item: CallItem | SetupItem): void {
    this.compareDeaths(item);
    this.counts.called(this.lab.world.mmOf(item.task));
    const entries = this.execute(item);
    if (!this.unknown.has(item.pid)) this.differences.push(...differencesOf(item, entries));
  }

  private execute(item: PlanItem): LogEntry[] {
    const entries = item.commands.map((command) => {
      const problem = commandProblem(command, X86_64);
      if (problem !== null) throw new TraceError({ ...item.source, what: problem, mend: UNEDITED });
      return this.lab.execute(command);
    });
    this.visit?.(item, entries);
    return entries;
  }

  /** Deaths that the recording tells of, up to the line of this item. */
  private compareDeaths({ source }: PlanItem): void {
    const { deaths, plan, lab: { world } } = this;
    for (; this.nextDeath < deaths.length && deaths[this.nextDeath].line < source.line; this.nextDeath++) {
      const death = deaths[this.nextDeath];
      const known = plan.tasks.findLast(({ pid, task }) => pid === death.pid && world.isTaskLive(task));
      if (known === undefined || this.unknown.has(death.pid)) continue;
      const what = deathProblem(death, world, known.task);
      const start = pageOf(death.addr);
      if (what !== null) {
        this.differences.push({ kind: 'no-death', source: { file: source.file, line: death.line }, pid: death.pid,
          pages: { start, end: start + 1 }, what });
      }
    }
  }

  private isFilePage(mm: number, vpn: number): boolean {
    const { world } = this.lab;
    const pfn = mm < 0 ? -1 : world.frameAt(mm, vpn);
    return pfn >= 0 && !world.page(mm, vpn).zero && !world.isAnon(pfn);
  }

  private mappingAt(mm: number, vpn: number): string {
    const vma = mm < 0 ? undefined : this.lab.world.mm(mm).vmas.find(({ start, end }) => start <= vpn && vpn < end);
    return vma === undefined
      ? 'nothing is mapped there'
      : JSON.stringify({ ...vma, start: hex(vma.start * 4096), end: hex(vma.end * 4096) });
  }
}

function differencesOf(item: CallItem | SetupItem, entries: readonly LogEntry[]): Difference[] {
  const { source, pid } = item;
  return entries.flatMap(({ command, result }, nth): Difference[] => {
    const base = { kind: 'result', source, pid, pages: pagesOf(command) } as const;
    const [expected, errno] = item.kind === 'call' && nth === 0 ? [item.returns, item.errno] : [null, null];
    const was = errno === null ? 'succeeded' : `failed with ${errno}`;
    if (!result.ok && result.errno !== errno) {
      return [{ ...base,
        what:
          `${command.type} fails in the model with ${result.errno} (${result.why}), and ${was} when it was recorded` }];
    }
    return result.ok && expected !== null && result.value !== expected
      ? [{ ...base,
        what: `${command.type} comes to ${hex(result.value)} in the model, and came to ${
          hex(expected)
        } when it was recorded` }]
      : [];
  });
}

function pagesOf(command: LogEntry['command']): Difference['pages'] {
  if ('vpn' in command && 'nr' in command) return { start: command.vpn, end: command.vpn + command.nr };
  if (!('addr' in command) || command.addr === undefined) return null;
  const length = 'length' in command ? command.length : 'oldLength' in command ? command.oldLength : 0;
  const start = pageOf(command.addr);
  return { start, end: start + Math.max(1, Math.ceil(length / 4096)) };
}
