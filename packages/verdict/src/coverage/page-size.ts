/**
 * The machine's page size and width of addresses, from what its calls accepted and refused. Everything here counts in
 * pages of 4 KiB: where the machine's are larger, nothing that is said of pages holds.
 */
import type { SyscallRecord } from '@cowlab/trace';
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

const TAKES_PAGES: ReadonlySet<string> = new Set(['madvise', 'mprotect', 'munmap', 'mremap', 'msync', 'mlock']);

export class PageSizes {
  private highest = 0;
  private mappings = 0;
  private firstMmap = Infinity;
  /** By candidate: nothing contradicts it so far, and the first line that speaks for it. */
  private readonly candidates = CANDIDATES.map((bytes) => ({ bytes, isPossible: true, refusedLine: Infinity }));
  private isAllLarge = true;

  see(call: SyscallRecord): void {
    const { name, errno, ret, line } = call;
    if (name === 'mmap' || name === 'mmap2') {
      if (name === 'mmap') this.firstMmap = Math.min(this.firstMmap, line);
      if (errno === null && ret !== null) this.mapped(ret);
    } else if (TAKES_PAGES.has(name)) {
      const address = intAt(call, 0);
      // mlock() rounds down what it gets.
      if (errno === null && ret !== null && name !== 'mlock') this.accepted(address ?? 0);
      else if (errno === 'EINVAL' && address !== null) this.refused(address, line);
    }
  }

  get found(): PageSize {
    const addressBits = this.highest >= 2 ** 48 ? 57 : this.highest >= 2 ** 47 ? 48 : 47;
    const shown = this.mappings === 0
      ? undefined
      : this.candidates.find(({ isPossible, refusedLine }) => isPossible && refusedLine < Infinity);
    if (shown !== undefined) return { bytes: shown.bytes, line: shown.refusedLine, addressBits };
    const all = this.mappings >= MAPPINGS_MIN && this.isAllLarge;
    return { bytes: all ? 65536 : null, line: all ? (this.firstMmap < Infinity ? this.firstMmap : 1) : 0, addressBits };
  }

  private mapped(address: number): void {
    this.mappings++;
    this.highest = Math.max(this.highest, address);
    if (this.isAllLarge && address % 65536 !== 0) this.isAllLarge = false;
    this.accepted(address);
  }

  private accepted(address: number): void {
    for (const one of this.candidates) if (one.isPossible && address % one.bytes !== 0) one.isPossible = false;
  }

  /** EINVAL for an address that is aligned to 4 KiB, and not to the larger page. */
  private refused(address: number, line: number): void {
    if (address % 4096 !== 0) return;
    for (const one of this.candidates) {
      if (address % one.bytes !== 0) one.refusedLine = Math.min(one.refusedLine, line);
    }
  }
}
