/** Deaths by SIGSEGV in the recording, and whether the model has a hole where the kernel found one. */
import type { WorldView } from '@cowlab/runtime';
import { field, type SignalRecord, type StraceReading } from '@cowlab/trace';
import { hex, pageOf } from '../story/entities.ts';
import { int, textOf } from '../story/values.ts';

export interface Death {
  readonly line: number;
  readonly pid: number;
  readonly addr: number;
  /** Nothing was mapped there; else the access was forbidden. */
  readonly unmapped: boolean;
}

export function deathsIn({ records }: StraceReading): Death[] {
  return records.flatMap((record) => (record.kind === 'signal' ? deathOf(record) : []));
}

function deathOf({ line, pid, signal, info }: SignalRecord): Death[] {
  const code = info === null ? '' : textOf(field(info, 'si_code'));
  const addr = info === null ? null : int(field(info, 'si_addr'));
  return signal === 'SIGSEGV' && addr !== null && /^(SEGV_(MAP|ACC)ERR|0x[12])$/.test(code)
    ? [{ line, pid, addr, unmapped: /MAPERR|0x1/.test(code) }]
    : [];
}

/** Null if the model agrees. Which accesses a mapping forbids is not told by the signal, so only holes are compared. */
export function deathProblem({ addr, line, pid, unmapped }: Death, world: WorldView, task: number): string | null {
  const mm = world.mmOf(task);
  if (!unmapped || mm < 0) return null;
  const vpn = pageOf(addr);
  return world.mm(mm).vmas.some(({ start, end }) => start <= vpn && vpn < end)
    ? `pid ${pid} died by SIGSEGV at ${hex(addr)}, line ${line}, where nothing was mapped; in the model something is`
    : null;
}
