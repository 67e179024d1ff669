/** What a strace recording consists of: one record per syscall, signal or end of a process. */
import type { Argument, Value } from './strace-value.ts';

export type StraceRecord = SyscallRecord | SignalRecord | ExitedRecord | KilledRecord | SupersededRecord;

interface RecordBase {
  /** The line on which the record begins, from 1; lines are in the order in which strace saw things happen. */
  readonly line: number;
  readonly pid: number;
  /** Microseconds, of the wall clock since 1970 or (-tt) since the midnight before the recording. */
  readonly startMicros: number;
}

export interface SyscallRecord extends RecordBase {
  readonly kind: 'syscall';
  readonly name: string;
  readonly args: readonly Argument[];
  /** The line on which the call returns; `line` if it was printed in one piece. */
  readonly endLine: number;
  /** When it returned. Known for calls in two halves and with strace -T, otherwise null: strace stamps beginnings. */
  readonly endMicros: number | null;
  /** Exact up to 2^53. Null for `?`: the call never returned, or a signal cut it short. */
  readonly ret: number | null;
  /** With -y, what a returned descriptor stands for. */
  readonly retPath: string | null;
  readonly errno: string | null;
  readonly unfinished: boolean;
}

export interface SignalRecord extends RecordBase {
  readonly kind: 'signal';
  readonly signal: string;
  /** The siginfo; null for a stop. */
  readonly info: Value | null;
}

export interface ExitedRecord extends RecordBase {
  readonly kind: 'exited';
  readonly code: number;
}

export interface KilledRecord extends RecordBase {
  readonly kind: 'killed';
  readonly signal: string;
  readonly coreDumped: boolean;
}

/** A thread called execve(): this group leader is gone, and the calling thread `by` goes on under the leader's pid. */
export interface SupersededRecord extends RecordBase {
  readonly kind: 'superseded';
  readonly by: number;
}
