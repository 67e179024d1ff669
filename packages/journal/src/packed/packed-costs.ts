/**
 * What a log cost, folded over columns: of most facts their number and the sum of one column say all. The rules are the
 * ones of the read model that follows a lab.
 */

import { type Command, type Event, type Geometry, hugePages, type LogEntry } from '@cowlab/core';
import { addCosts, type CostCounters, type CostTally, isSingular, isSyscall, NO_COSTS, tally,
  tallyRuns } from '@cowlab/runtime';
import { entriesIn, type PackedEntries } from './packed-entries.ts';

export class PackedCosts {
  private sum: CostTally = fresh(NO_COSTS);

  get value(): CostCounters {
    return this.sum;
  }

  add(packed: PackedEntries): void {
    const { head: { geometry }, commands, events, commandTable, failures } = packed;
    const huge = hugePages(geometry);
    for (const { type, nr, column } of events.map((table) => ({ type: table.type, nr: table.nr,
      column: table.column('nr') })
    )) {
      if (!isSingular(type)) tallyRuns(this.sum, type, nr, column?.sum() ?? 0, huge);
    }
    for (const { type, nr } of commands) {
      if (isSyscall(type)) this.sum.syscalls += nr;
      if (type === 'Fork') this.sum.forks.count += nr;
    }
    for (const [entry] of failures) if (commands.at(commandTable.at(entry))?.type === 'Fork') this.sum.forks.failed++;
    if (events.some(({ type }) => isSingular(type))) this.addSingular(packed, huge);
  }

  /** Of chunks that hold lines. */
  addEntry(entry: LogEntry, geometry: Geometry): void {
    this.sum = fresh(addCosts(this.sum, entry, geometry));
  }

  /** These need the fact itself, and what it belongs to. */
  private addSingular(packed: PackedEntries, huge: number): void {
    const { events } = packed;
    const reused = events.filter(({ type }) => type === 'CowReused');
    // A run as long as a huge page may be one fault: only then does the command matter.
    if (reused.some((table) => isWithin(table.column('nr')?.bounds(), huge))) {
      for (const { command, events: facts } of entriesIn(packed))
        for (const event of facts) if (isSingular(event.type)) tally(this.sum, event, command, huge);
      return;
    }
    for (const table of events) {
      if (!isSingular(table.type)) continue;
      for (let i = 0; i < table.nr; i++) tally(this.sum, table.message(i) as unknown as Event, ANY, huge);
    }
  }
}

/** For facts that do not ask. */
const ANY: Command = { type: 'Spawn', task: 0 };

const isWithin = (bounds: readonly [number, number] | undefined, value: number): boolean =>
  bounds !== undefined && bounds[0] <= value && value <= bounds[1];

const fresh = (costs: CostCounters): CostTally => ({ ...costs, faults: { ...costs.faults },
  forks: { ...costs.forks } });
