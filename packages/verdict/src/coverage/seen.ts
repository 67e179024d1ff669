/** What is noted of every record as it passes: who occurs, when, and what the machine accepted and refused. */
import type { StraceRecord } from '@cowlab/trace';
import { isSyscall } from './syscall-names.ts';
import { PageSizes } from './page-size.ts';

/** A mapping with the time at which it was made, and by whom. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly pid: number;
  readonly micros: number;
}

export class Seen {
  readonly pids = new Set<number>();
  /** Those that end by exit(), as threads do. */
  readonly leaving = new Set<number>();
  /** Kept where there are samples to meet them. */
  readonly mappings: Mapping[] = [];
  readonly pageSizes = new PageSizes();
  /** Records that are a known call, a signal or an end. */
  plausible = 0;
  firstMicros = 0;
  lastMicros = 0;
  private firstLine = Infinity;

  constructor(private readonly keepsMappings: boolean) {}

  record(record: StraceRecord): void {
    const { pid, line, startMicros } = record;
    this.pids.add(pid);
    if (record.kind !== 'syscall' || isSyscall(record.name)) this.plausible++;
    if (line < this.firstLine) {
      this.firstLine = line;
      this.firstMicros = startMicros;
    }
    if (startMicros > this.lastMicros) this.lastMicros = startMicros;
    if (record.kind !== 'syscall') return;
    if (record.name === 'exit') this.leaving.add(pid);
    this.pageSizes.see(record);
    if (!this.keepsMappings || (record.name !== 'mmap' && record.name !== 'mmap2') || record.ret === null
      || record.errno !== null) return;
    const length = record.args[1]?.value;
    if (length?.kind !== 'int') return;
    this.mappings.push({ start: record.ret, end: record.ret + length.value, pid, micros: startMicros });
  }

  /** The first process, which had the number 0 until now. */
  named(main: number): void {
    for (const set of [this.pids, this.leaving]) if (set.delete(0)) set.add(main);
    for (const one of this.mappings) if (one.pid === 0) Object.assign(one, { pid: main });
  }
}
