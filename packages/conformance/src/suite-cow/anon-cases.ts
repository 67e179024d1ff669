/** What is done to private anonymous memory of any kind, and what must hold afterwards. */
import type { Assertion, Claims, ScenarioBuilder } from '@cowlab/scenario';
import { AFTER, BEFORE, CHILD, type Memory, P, R, readAll, writeAll } from './memory.ts';

export type AnonCaseId = 'cow' | 'cow-mprotect' | 'vmsplice-child' | 'vmsplice-child-mprotect' | 'vmsplice-child-exit'
  | 'vmsplice-before-fork' | 'vmsplice-after-fork' | 'buffer-mprotect' | 'buffer-fork' | 'ro-pin-shared'
  | 'ro-pin-once-shared' | 'ro-pin-exclusive';

export interface Case {
  readonly title: string;
  readonly question: string;
  readonly does: (s: ScenarioBuilder, memory: Memory) => ScenarioBuilder;
  readonly holds: (a: Claims, memory: Memory) => readonly Assertion[];
}

const SLOT = 0;

/** Read-only and back: entries may stay read-only in a VMA that can be written. */
const readonlyForAWhile = (s: ScenarioBuilder, { nr }: Memory): ScenarioBuilder =>
  s.mprotect(P, R, 0, nr, 'r').mprotect(P, R, 0, nr, 'rw');

/** Into a pipe each: what a pipe holds is counted in pages, and it would not hold a THP. */
const spliceAll = (s: ScenarioBuilder, { pages }: Memory, p: number): ScenarioBuilder =>
  pages.reduce((now, page, slot) => now.vmsplice(p, slot, R, page, 1), s);

const sees = (a: Claims, { pages }: Memory, p: number, value: number): Assertion[] =>
  pages.map((page) => a.value(p, R, page, value));
const pipesHold = (a: Claims, { pages }: Memory, value: number): Assertion[] =>
  pages.map((_, slot) => a.pipe(slot, 0, value));
const deviceSees = (
  a: Claims,
  { pages }: Memory,
  value: number,
): Assertion[] => [a.pin(SLOT, 'coherent'), ...pages.map((page) => a.device(SLOT, page, value))];

/** The child reads first, as whoever wants to compare later must. */
const childReads = (s: ScenarioBuilder, memory: Memory): ScenarioBuilder => readAll(s.fork(P, CHILD), memory, CHILD);
const spliceInChild = (s: ScenarioBuilder, memory: Memory): ScenarioBuilder =>
  spliceAll(childReads(s, memory), memory, CHILD);

const KEPT_IN_A_PIPE = 'Can a child that keeps a page in a pipe alone read there what its parent writes later?';
const childIsApart: Case['holds'] = (
  a,
  memory,
) => [...sees(a, memory, P, AFTER), ...sees(a, memory, CHILD, BEFORE), a.noLeak()];
const childsPipeIsApart: Case['holds'] = (
  a,
  memory,
) => [...pipesHold(a, memory, BEFORE), ...sees(a, memory, P, AFTER), a.noLeak()];
const parentsPipeIsApart: Case['holds'] = (
  a,
  memory,
) => [...pipesHold(a, memory, BEFORE), ...sees(a, memory, CHILD, AFTER), a.noLeak()];
const pinFollows: Case['holds'] = (a, memory) => [...deviceSees(a, memory, AFTER), ...sees(a, memory, P, AFTER)];
const pinFollowsAlone: Case['holds'] = (
  a,
  memory,
) => [...pinFollows(a, memory), ...sees(a, memory, CHILD, BEFORE), a.noLeak()];

export const ANON_CASES: Readonly<Record<AnonCaseId, Case>> = {
  cow: {
    title: 'fork, the parent writes',
    question: 'After fork(), does the child keep what it had when its parent writes?',
    does: (s, memory) => writeAll(childReads(s, memory), memory, P, AFTER),
    holds: childIsApart,
  },
  'cow-mprotect': {
    title: 'fork, mprotect R then RW, the parent writes',
    question: 'Does mprotect() after fork() hand write access to pages that a child shares?',
    does: (s, memory) => writeAll(readonlyForAWhile(childReads(s, memory), memory), memory, P, AFTER),
    holds: childIsApart,
  },
  'vmsplice-child': {
    title: 'fork, vmsplice and munmap in the child, the parent writes',
    question: KEPT_IN_A_PIPE,
    does: (s, memory) => writeAll(spliceInChild(s, memory).munmap(CHILD, R, 0, memory.nr), memory, P, AFTER),
    holds: childsPipeIsApart,
  },
  'vmsplice-child-mprotect': {
    title: 'fork, vmsplice and munmap in the child, mprotect R then RW, the parent writes',
    question: 'Does mprotect() hand write access to a page that only a pipe still shares?',
    does: (s, memory) =>
      writeAll(readonlyForAWhile(spliceInChild(s, memory).munmap(CHILD, R, 0, memory.nr), memory), memory, P, AFTER),
    holds: childsPipeIsApart,
  },
  'vmsplice-child-exit': {
    title: 'CVE-2020-29374: fork, vmsplice in the child, which exits, the parent writes',
    question: 'Can somebody who holds the pipe of a child that is gone read there what the parent writes later?',
    does: (s, memory) => writeAll(spliceInChild(s, memory).exit(CHILD), memory, P, AFTER),
    holds: childsPipeIsApart,
  },
  'vmsplice-before-fork': {
    title: 'vmsplice, fork, munmap in the parent, the child writes',
    question: 'Can a pipe that the parent filled before fork() show what the child writes later?',
    does: (s, memory) =>
      writeAll(spliceAll(s, memory, P).fork(P, CHILD).munmap(P, R, 0, memory.nr), memory, CHILD, AFTER),
    holds: parentsPipeIsApart,
  },
  'vmsplice-after-fork': {
    title: 'fork, vmsplice and munmap in the parent, the child writes',
    question: 'Can a pipe that the parent filled after fork() show what the child writes later?',
    does: (s, memory) =>
      writeAll(spliceAll(s.fork(P, CHILD), memory, P).munmap(P, R, 0, memory.nr), memory, CHILD, AFTER),
    holds: parentsPipeIsApart,
  },
  'buffer-mprotect': {
    title: 'a registered buffer, mprotect R then RW, its owner writes',
    question: 'Does a registered buffer that was read-only for a while still send what its owner writes?',
    does: (s, memory) => writeAll(readonlyForAWhile(s.pin(P, SLOT, R, 0, memory.nr), memory), memory, P, AFTER),
    holds: pinFollows,
  },
  'buffer-fork': {
    title: 'a registered buffer, fork, its owner writes',
    question: 'After fork(), does a registered buffer still send what its owner writes, and the child not see it?',
    does: (s, memory) => writeAll(s.pin(P, SLOT, R, 0, memory.nr).fork(P, CHILD), memory, P, AFTER),
    holds: pinFollowsAlone,
  },
  'ro-pin-shared': {
    title: 'fork, a R/O pin by the parent, which writes; the child alive',
    question: 'Does a R/O pin of pages that a child shares follow its owner through the next write?',
    does: (s, memory) => writeAll(s.fork(P, CHILD).rpin(P, SLOT, R, 0, memory.nr), memory, P, AFTER),
    holds: pinFollowsAlone,
  },
  'ro-pin-once-shared': {
    title: 'fork, the child exits, a R/O pin by the parent, which writes',
    question: 'Does a R/O pin of pages that a child shared once follow their owner through the next write?',
    does: (s, memory) => writeAll(s.fork(P, CHILD).exit(CHILD).rpin(P, SLOT, R, 0, memory.nr), memory, P, AFTER),
    holds: pinFollows,
  },
  'ro-pin-exclusive': {
    title: 'mprotect R then RW, a R/O pin, its owner writes',
    question: 'Does a R/O pin of pages that were read-only for a while follow their owner through the next write?',
    does: (s, memory) => writeAll(readonlyForAWhile(s, memory).rpin(P, SLOT, R, 0, memory.nr), memory, P, AFTER),
    holds: pinFollows,
  },
};
