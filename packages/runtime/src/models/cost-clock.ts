/**
 * What commands cost, as it adds up: a clock that goes on with each entry of the log. The costs in reports, the measures
 * of experiments and `lab.costs` are what the clock of their lab shows; a clock of one's own may count otherwise, or
 * count more.
 */
import type { Geometry, LogEntry } from '@cowlab/core';
import { type CostCounters, NO_COSTS } from './cost-counters.ts';
import { addCosts } from './costs.ts';

export interface CostClock<C extends CostCounters = CostCounters> {
  /** What complaints call it. */
  readonly name: string;
  readonly start: C;
  /** `costs` with one entry more. It is a function of both and asks nobody else: it may be asked again. */
  add(costs: C, entry: LogEntry, geometry: Geometry): C;
}

/** What everybody uses who does not say otherwise: counts, not times. */
export const COUNTS: CostClock = Object.freeze<CostClock>({ name: 'counts', start: NO_COSTS, add: addCosts });

/** A clock that shows no costs. */
export class CostClockError extends Error {
  readonly code = 'cost-clock';
  constructor(clock: string, problem: string, mend: string, options?: ErrorOptions) {
    super(`cost clock '${clock}': ${problem}; ${mend}`, options);
    this.name = 'CostClockError';
  }
}

/** A clock that reads a log as it grows: only when somebody looks, and each entry once. */
export class RunningClock {
  private costs: CostCounters;
  private nrEntries = 0;

  constructor(private readonly clock: CostClock, private readonly geometry: Geometry) {
    this.costs = counters(clock, clock.start, 'before the first command');
  }

  /** @throws CostClockError */
  upTo(log: readonly LogEntry[]): CostCounters {
    for (; this.nrEntries < log.length; this.nrEntries++) this.costs = this.plus(log[this.nrEntries]);
    // Whoever looks is shown what others are shown too.
    for (const part of [this.costs, this.costs.faults, this.costs.forks]) Object.freeze(part);
    return this.costs;
  }

  private plus(entry: LogEntry): CostCounters {
    const where = `after command ${entry.position} (${entry.command.type})`;
    if (this.clock === COUNTS) return addCosts(this.costs, entry, this.geometry);
    try {
      return counters(this.clock, this.clock.add(this.costs, entry, this.geometry), where);
    } catch (cause) {
      if (cause instanceof CostClockError) throw cause;
      throw new CostClockError(this.clock.name,
        `threw ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, 'mend its `add`', { cause });
    }
  }
}

function counters({ name }: CostClock, costs: CostCounters, where: string): CostCounters {
  const odd = oddCounter(costs, NO_COSTS as unknown as Counters);
  if (odd === null) return costs;
  throw new CostClockError(name, `shows no number for '${odd}' ${where}`,
    'begin with `...NO_COSTS` and go on with `...addCosts(costs, entry, geometry)`');
}

type Counters = { readonly [name: string]: number | Counters };

/** The first counter that is missing or no number. */
function oddCounter(costs: unknown, like: Counters): string | null {
  if (typeof costs !== 'object' || costs === null) return Object.keys(like)[0];
  const given = costs as Readonly<Record<string, unknown>>;
  for (const [name, part] of Object.entries(like)) {
    if (typeof part === 'number') {
      if (typeof given[name] !== 'number' || Number.isNaN(given[name])) return name;
      continue;
    }
    const odd = oddCounter(given[name], part);
    if (odd !== null) return `${name}.${odd}`;
  }
  return null;
}
