/**
 * Was a sampled fault a read or a write? A sample with the processor's error code says so. Of others is known:
 *
 * - A fetch faults with the instruction's own address: `exec`, certain.
 * - Where the mapping forbids stores, what the kernel served was a read: certain. (A forbidden store kills.)
 * - An entry that is present faults only for a store. It is known to be present if it faulted before, was populated or
 * was
 *   copied by fork(), and no call took it away: `write`, certain.
 * - A second fault with nothing in between that could explain it means that the first left a read-only entry, the zero
 *   page or a file's page: the first was a `read` and this is a `write`, both certain.
 * - All else, the first and only fault of a writable page, is taken for a `write`: inferred. Memory that is read
 * before
 *   it was ever written, and never written later, is rare.
 */
import { FAULT } from '../perf/perf-script.ts';
import type { Region } from '../space/regions.ts';
import type { Certainty } from './plan.ts';

export interface AccessKind {
  access: 'read' | 'write' | 'exec';
  certainty: Certainty;
  why: string;
}

type PageState =
  /** The fault that made it present may yet turn out to have been a read. */
  | { readonly as: 'first-touch'; readonly draft: AccessKind }
  /** Present and read-only: a read, or fork(), or mprotect() left it so. */
  | { readonly as: 'read-only' }
  /** Present and writable. */
  | { readonly as: 'written' };

const READ_ONLY: PageState = { as: 'read-only' };
const WRITTEN: PageState = { as: 'written' };

/** What is known of the pages of one mm. */
export class KnownPages {
  constructor(private readonly pages = new Map<number, PageState>()) {}

  /** Judge one sample. The answer may still be changed by a later one. */
  judge(vpn: number, region: Region, fetch: boolean): AccessKind {
    const known = this.pages.get(vpn);
    if (fetch) {
      if (known === undefined) this.pages.set(vpn, READ_ONLY);
      return { access: 'exec', certainty: 'certain', why: 'the faulting address is the instruction itself' };
    }
    if (!region.prot.write) {
      if (known === undefined) this.pages.set(vpn, READ_ONLY);
      return { access: 'read', certainty: 'certain', why: 'the mapping forbids stores' };
    }
    if (!region.shared) region.hasAnon = true;
    return known === undefined ? this.firstTouch(vpn) : this.again(vpn, known);
  }

  /** The processor said what it was. */
  told(vpn: number, region: Region | undefined, code: number): AccessKind {
    const write = (code & FAULT.WRITE) !== 0;
    if (write && region !== undefined && !region.shared) region.hasAnon = true;
    this.touched(vpn, write);
    return { access: write ? 'write' : (code & FAULT.FETCH) === 0 ? 'read' : 'exec', certainty: 'certain',
      why: "the processor's error code" };
  }

  /** An access that needs no judging: populated memory, or a stated access. */
  touched(vpn: number, write: boolean): void {
    if (write || !this.pages.has(vpn)) this.pages.set(vpn, write ? WRITTEN : READ_ONLY);
  }

  forget(start: number, end: number): void {
    for (const vpn of this.within(start, end)) this.pages.delete(vpn);
  }

  /** mprotect(): present entries may have become read-only. */
  protect(start: number, end: number): void {
    for (const vpn of this.within(start, end)) this.pages.set(vpn, READ_ONLY);
  }

  move(start: number, end: number, to: number): void {
    const moved = this.within(start, end).map((vpn) => [vpn, this.pages.get(vpn) ?? READ_ONLY] as const);
    for (const [vpn] of moved) this.pages.delete(vpn);
    for (const [vpn, state] of moved) this.pages.set(vpn - start + to, state);
  }

  /** fork(): entries of mappings that have private pages are copied, and both sides' become read-only. */
  fork(regions: readonly Region[]): KnownPages {
    const child = new Map<number, PageState>();
    for (const region of regions) {
      if (region.shared || region.dontfork || !region.hasAnon) continue;
      for (const vpn of this.within(region.start, region.end)) {
        this.pages.set(vpn, READ_ONLY);
        child.set(vpn, READ_ONLY);
      }
    }
    return new KnownPages(child);
  }

  private firstTouch(vpn: number): AccessKind {
    const draft: AccessKind = { access: 'write', certainty: 'inferred',
      why: 'the first fault of a writable page, with no second one' };
    this.pages.set(vpn, { as: 'first-touch', draft });
    return draft;
  }

  private again(vpn: number, known: PageState): AccessKind {
    this.pages.set(vpn, WRITTEN);
    if (known.as === 'written') {
      return { access: 'write', certainty: 'inferred',
        why: 'the page should be writable already; reclaim or a race of two threads' };
    }
    if (known.as === 'first-touch') {
      known.draft.access = 'read';
      known.draft.certainty = 'certain';
      known.draft.why = 'a second fault followed, with nothing in between: this one left a read-only entry';
      return { access: 'write', certainty: 'certain', why: 'the second fault of a page that the first made readable' };
    }
    return { access: 'write', certainty: 'certain',
      why: 'the page was present and read-only, so only a store can fault' };
  }

  private within(start: number, end: number): number[] {
    if (end - start > this.pages.size) return [...this.pages.keys()].filter((vpn) => vpn >= start && vpn < end);
    const found: number[] = [];
    for (let vpn = start; vpn < end; vpn++) if (this.pages.has(vpn)) found.push(vpn);
    return found;
  }
}
