/**
 * From records to the calls that shape an mm, in the order in which they take effect.
 *
 * Another process may be heard of between a call's two halves, so each call needs one point at which it counts as done.
 * It is a line of the recording, because strace writes in the order of what it saw, and it is chosen so that nothing
 * ever uses what does not exist yet or meets what is already gone:
 *
 * - Calls that *take away* count at their first line (munmap, shmdt, madvise, close, exit, unregistering buffers): the
 *   range may already be another thread's before the second half is printed.
 * - Calls that *give* count at their last (mmap, mremap, brk, mprotect, shmat, registering buffers, …): the address
 *   is known only then.
 * - clone and its kin count at their first line: the child runs, faults and calls before its parent's second half
 *   (always so with CLONE_VFORK). Other threads may still change the mm before the copy; strace cannot tell.
 * - execve counts at its first line if it succeeds: the new image's first faults, and the release of a vfork parent,
 *   come before its second half. A fault of the old image in between would still carry the old `comm`.
 *
 * A call printed in one piece has but one line, and both choices agree; in time it is then the moment of the entry.
 */
import { readingOf } from './call-readers.ts';
import type { CallBase, MemoryCall } from './memory-call.ts';
import type { StraceRecord, SyscallRecord } from '../strace/strace-record.ts';
import type { TraceError } from '../trace-error.ts';

/** Told of a call that succeeded and does not read as its kind. */
export type OnUnreadable = (error: TraceError) => void;

/**
 * The calls of a recording, each record but signals giving one. `file` is the recording's name, for refusals. A call
 * that succeeded must read as its kind, unless somebody listens for those that do not; one that failed or never
 * returned may have passed anything and becomes `other`.
 */
export function interpret(
  records: readonly StraceRecord[],
  file = 'recording',
  unreadable?: OnUnreadable,
): MemoryCall[] {
  const calls: MemoryCall[] = [];
  for (const record of records) {
    if (record.kind === 'syscall') calls.push(callOf(record, file, unreadable));
    else if (record.kind !== 'signal') calls.push(readEnd(record));
  }
  return calls.sort((a, b) => a.atLine - b.atLine);
}

const COUNTS_AT_FIRST_LINE: ReadonlySet<MemoryCall['type']> = new Set([
  'munmap',
  'shmdt',
  'madvise',
  'close',
  'exit',
  'ioUringUnregisterBuffers',
  'clone',
  'execve',
]);

export function callOf(record: SyscallRecord, file: string, unreadable?: OnUnreadable): MemoryCall {
  const { pid, line, startMicros, endMicros, endLine, errno, ret } = record;
  const base: CallBase = { pid, line, startMicros, endMicros, atLine: endLine, atMicros: endMicros ?? startMicros,
    errno, returned: ret !== null };
  const call = readingOf(record, base, file, unreadable);
  if (COUNTS_AT_FIRST_LINE.has(call.type) && !(call.type === 'execve' && !call.ok)) {
    // Where it counts shows when its kind is known.
    const place: { atLine: number; atMicros: number } = call;
    place.atLine = line;
    place.atMicros = startMicros;
  }
  return call;
}

function readEnd(record: Exclude<StraceRecord, { kind: 'syscall' | 'signal' }>): MemoryCall {
  const { pid, line, startMicros } = record;
  const base: CallBase = {
    pid,
    line,
    startMicros,
    endMicros: startMicros,
    atLine: line,
    atMicros: startMicros,
    errno: null,
    returned: true,
  };
  switch (record.kind) {
    case 'exited':
      return { ...base, type: 'exited', code: record.code };
    case 'killed':
      return { ...base, type: 'killed', signal: record.signal };
    case 'superseded':
      return { ...base, type: 'superseded', by: record.by };
  }
}
