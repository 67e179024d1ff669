/**
 * What no kernel can have answered. A call that is said to have succeeded with an address outside of any address
 * space, or that pinned more than a driver can, was damaged on its way; planning it would end in a verdict on nothing.
 */
import type { Iovec, MemoryCall } from '../calls/memory-call.ts';
import { PAGE, USER_END } from '../space/shadow.ts';
import { TraceError } from '../trace-error.ts';

/** One buffer of io_uring; a pipe takes less. @kernel io_uring/rsrc.c io_buffer_validate() */
const IOVEC_BYTES_MAX = 2 ** 30;
/** Memory that is faulted in at once has to fit into the machine that is modelled. */
const POPULATED_BYTES_MAX = 2 ** 34;

/** @throws TraceError for the first call that cannot have succeeded as it is written. */
export function refuseImplausible(calls: readonly MemoryCall[], file: string): void {
  for (const call of calls) {
    const problem = call.errno === null && call.returned ? problemOf(call) : null;
    if (problem === null) continue;
    const wide = widestOf(call) >= USER_END && widestOf(call) < WIDEST;
    throw new TraceError(wide
      ? { file, line: call.line,
        what: `${call.type} uses an address above 47 bits (5-level page tables, or another machine)`,
        mend: 'the model has 47 bits; cowlab verdict reads such recordings' }
      : { file, line: call.line, what: `${call.type} cannot have succeeded with ${problem}`,
        mend: 'the line is damaged; record again' });
  }
}

/** End of the user half with 5-level page tables. */
const WIDEST = 2 ** 56;

function widestOf(call: MemoryCall): number {
  const ret = 'ret' in call && typeof call.ret === 'number' ? call.ret : 0;
  const address = 'address' in call && typeof call.address === 'number' ? call.address : 0;
  const bases = 'iovecs' in call ? call.iovecs.map(({ base }) => base ?? 0) : [];
  return Math.max(ret, address, ...bases);
}

function problemOf(call: MemoryCall): string | null {
  switch (call.type) {
    case 'mmap':
      return call.ret === null
        ? null
        : (rangeProblem(call.ret, call.lengthBytes) ?? offsetProblem(call.offset) ?? populateProblem(call));
    case 'munmap':
    case 'mprotect':
    case 'madvise': {
      const populates = call.type === 'madvise' && call.advice.startsWith('MADV_POPULATE')
        && call.lengthBytes > POPULATED_BYTES_MAX;
      return populates ? 'that much memory to populate' : rangeProblem(call.address, call.lengthBytes, true);
    }
    case 'mremap':
      if (call.ret === null) return null;
      return rangeProblem(call.oldAddress, call.oldLengthBytes, true) ?? rangeProblem(call.ret, call.newLengthBytes);
    case 'brk':
      return call.ret === null || isAddress(call.ret) ? null : 'a break outside the address space';
    case 'shmat':
      return call.ret === null ? null : rangeProblem(call.ret, PAGE);
    case 'shmdt':
      return isAddress(call.address) ? null : 'an address outside the address space';
    case 'ioUringRegisterBuffers':
    case 'vmsplice':
      return call.iovecs.map(iovecProblem).find((problem) => problem !== null) ?? null;
    default:
      return null;
  }
}

const isAddress = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < USER_END;

function rangeProblem(address: number, lengthBytes: number, mayBeEmpty = false): string | null {
  if (!isAddress(address) || !Number.isInteger(lengthBytes) || address + lengthBytes > USER_END)
    return 'a range outside the address space';
  if (lengthBytes < (mayBeEmpty ? 0 : 1)) return 'an empty range';
  return address % PAGE === 0 ? null : 'an address that is not page aligned';
}

function offsetProblem(offset: number): string | null {
  return Number.isSafeInteger(offset) && offset >= 0 && offset % PAGE === 0
    ? null
    : 'an offset that is not page aligned';
}

function populateProblem({ flags, lengthBytes }: Extract<MemoryCall, { type: 'mmap' }>): string | null {
  return (flags.populate || flags.locked) && lengthBytes > POPULATED_BYTES_MAX ? 'that much memory to populate' : null;
}

function iovecProblem({ base, lengthBytes }: Iovec): string | null {
  if (!Number.isInteger(lengthBytes) || lengthBytes < 0 || lengthBytes > IOVEC_BYTES_MAX)
    return 'a buffer of that length';
  return base === null || (isAddress(base) && base + lengthBytes <= USER_END)
    ? null
    : 'a buffer outside the address space';
}
