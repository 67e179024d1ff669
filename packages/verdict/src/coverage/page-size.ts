/**
 * The machine's page size and width of addresses, from what its calls accepted and refused. Everything here counts in
 * pages of 4 KiB: where the machine's are larger, nothing that is said of pages holds.
 */
import type { StraceReading, SyscallRecord } from '@cowlab/trace';
import { intAt } from '../story/values.ts';

export interface PageSize {
  /** Null while nothing contradicts 4 KiB. */
  readonly bytes: number | null;
  /** The line that shows it. */
  readonly line: number;
  readonly addressBits: number;
}

/** The largest that nothing contradicts. */
const CANDIDATES = [65536, 16384];
/** Mappings that all lie on the larger boundary, before that alone is taken for a sign. */
const MAPPINGS_MIN = 6;

export function pageSizeOf({ records }: StraceReading): PageSize {
  const calls = records.filter((record): record is SyscallRecord => record.kind === 'syscall');
  const mapped = calls.flatMap((
    call,
  ) => (/^mmap2?$/.test(call.name) && call.errno === null && call.ret !== null ? [call.ret] : []));
  const highest = Math.max(0, ...mapped);
  const addressBits = highest >= 2 ** 48 ? 57 : highest >= 2 ** 47 ? 48 : 47;
  const accepted = calls.filter(isAccepted).map((call) => intAt(call, 0) ?? 0);
  for (const bytes of CANDIDATES) {
    if (mapped.length === 0 || ![...mapped, ...accepted].every((address) => address % bytes === 0)) continue;
    const refused = calls.find((call) => isRefused(call, bytes));
    if (refused !== undefined) return { bytes, line: refused.line, addressBits };
  }
  const all = mapped.length >= MAPPINGS_MIN && mapped.every((address) => address % 65536 === 0);
  return { bytes: all ? 65536 : null, line: all ? (calls.find(({ name }) => name === 'mmap')?.line ?? 1) : 0,
    addressBits };
}

const TAKES_PAGES = /^(madvise|mprotect|munmap|mremap|msync|mlock)$/;

/** mlock() rounds down what it gets. */
const isAccepted = (call: SyscallRecord): boolean =>
  call.errno === null && call.ret !== null && TAKES_PAGES.test(call.name) && call.name !== 'mlock';

/** EINVAL for an address that is aligned to 4 KiB, and not to the larger page. */
function isRefused(call: SyscallRecord, bytes: number): boolean {
  if (call.errno !== 'EINVAL' || !TAKES_PAGES.test(call.name)) return false;
  const address = intAt(call, 0);
  return address !== null && address % 4096 === 0 && address % bytes !== 0;
}
