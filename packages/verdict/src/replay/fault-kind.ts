/** What kind of fault the model served, in the kernel's words, and whether the processor's error code agrees. */
import type { Event } from '@cowlab/core';
import { FAULT } from '@cowlab/trace';

/** Events that are a served fault, and what it did. */
const KINDS: Partial<Readonly<Record<Event['type'], string>>> = {
  ZeroPagesMapped: 'the zero page mapped',
  HugeZeroMapped: 'the huge zero page mapped',
  AnonPagesMapped: 'a new page',
  AnonFolioMapped: 'a new folio of several pages',
  HugePageMapped: 'a new huge page',
  FilePagesMapped: 'a page of a file mapped',
  FilePageCopied: 'a private copy of a page of a file',
  CowBroken: 'COW: a copy',
  HugeCowBroken: 'COW: a copy of a huge page',
  CowReused: 'COW: the page reused',
  PmdSplit: 'a huge page split',
  PageSwappedIn: 'a page swapped in',
};

/** Null: no fault. The last event tells: a split or a page that is read in comes before the copy. */
export function faultKind(events: readonly Event[]): string | null {
  return events.map(({ type }) => KINDS[type]).findLast((kind) => kind !== undefined) ?? null;
}

/** Null if the error code agrees with the entry that the model had before the access. */
export function codeProblem(code: number, present: boolean): string | null {
  const said = (code & FAULT.PRESENT) !== 0;
  if (said === present) return null;
  return said
    ? 'the processor found a present entry, the model has none'
    : 'the processor found no entry, the model has one';
}

/** What the recording alone says of a fault. */
export function recordedKind(access: 'read' | 'write' | 'exec', code: number | null): string {
  if (code === null) return access === 'exec' ? 'fetch' : access;
  const what = (code & FAULT.FETCH) !== 0 ? 'fetch' : (code & FAULT.WRITE) !== 0 ? 'write' : 'read';
  return `${what} of a ${(code & FAULT.PRESENT) === 0 ? 'missing' : 'present'} page`;
}
