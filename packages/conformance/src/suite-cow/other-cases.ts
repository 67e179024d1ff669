/**
 * Memory of private mappings that is not anonymous yet (the zero page, pages of a file), and long-term pins of files.
 */
import { scenario, type ScenarioBuilder } from '@cowlab/scenario';
import { type Defect, RO_NOT_ANON } from './defects.ts';
import { AFTER, BEFORE, CHILD, HUGE, P, R } from './memory.ts';

export interface Written {
  readonly id: string;
  /** Without what is expected to fail. */
  readonly scenario: ScenarioBuilder;
  readonly defects: readonly Defect[];
}

const OTHER = R + 1;
const SLOT = 0;
/** What page 0 of a memfd holds. */
const OF_FILE = 0x80;

export const OTHER_CASES: readonly Written[] = [
  ...cow('zero', 'the zero page',
    (s) => s.mmap(P, R, 'anon', 1).mmap(P, OTHER, 'anon', 1).read(P, R, 0).read(P, OTHER, 0), { p: P, r: OTHER,
    value: 0 }),
  ...cow('huge-zero', 'the huge zero page',
    (s) => s.mmap(P, R, 'thp', HUGE).mmap(P, OTHER, 'thp', HUGE).read(P, R, 0).read(P, OTHER, 0), { p: P, r: OTHER,
    value: 0 }),
  // A region has one memfd, so the shared mapping of the same file is another process's.
  ...cow('memfd', 'a page of a memfd',
    (s) => s.fork(P, CHILD).mmap(P, R, 'file', 1).mmap(CHILD, R, 'sharedfile', 1).read(P, R, 0).read(CHILD, R, 0), {
    p: CHILD,
    r: R,
    value: OF_FILE,
  }),
  ...roPin('zero', 'the zero page', 1, (s) => s.mmap(P, R, 'anon', 1).read(P, R, 0)),
  ...roPin('huge-zero', 'the huge zero page', HUGE, (s) => s.mmap(P, R, 'thp', HUGE).read(P, R, 0)),
  ...roPin('memfd', 'a page of a memfd', 1, (s) => s.mmap(P, R, 'file', 1).read(P, R, 0)),
  ...roPin('memfd-readonly', 'a page of a memfd mapped PROT_READ until after the pin', 1,
    (s) => s.mmap(P, R, 'rofile', 1).read(P, R, 0), 'rw'),
  ...longterm('private', 'a private mapping of a memfd', (s) => s.mmap(P, R, 'file', 1)),
  ...longterm('shared', 'a shared mapping of a memfd', (s) => s.mmap(P, R, 'sharedfile', 1)),
  ...longterm('shmem', 'shared anonymous memory', (s) => s.mmap(P, R, 'shanon', 1)),
  ...longterm('hugetlb', 'private hugetlb memory', (s) => s.mmap(P, R, 'huge', HUGE), HUGE),
];

function asked(title: string, question: string): ScenarioBuilder {
  return scenario(question).title(title).watch(R, 0);
}

/** Sharing that no fork() brought about: a write must not be seen through another mapping of the same page. */
function cow(
  id: string,
  text: string,
  setUp: (s: ScenarioBuilder) => ScenarioBuilder,
  other: { p: number; r: number; value: number },
): Written[] {
  const head = asked(`two mappings of one page, one is written: ${text}`,
    'Does a write to a private mapping stay out of another mapping of the same page?');
  const done = setUp(other.r === R ? head : head.watch(other.r, 0)).write(P, R, 0, AFTER);
  return [{ id: `cow-not-anon-${id}`, defects: [],
    scenario: done.expect('*',
      (a) => [a.value(P, R, 0, AFTER), a.value(other.p, other.r, 0, other.value), a.noLeak()]) }];
}

function roPin(
  id: string,
  text: string,
  nr: number,
  setUp: (s: ScenarioBuilder) => ScenarioBuilder,
  then?: 'rw',
): Written[] {
  const head = asked(`a R/O long-term pin, then the first write: ${text}`,
    'Does a R/O long-term pin of memory never written follow its owner through the first write?');
  const pinned = setUp(head).rpin(P, SLOT, R, 0, nr);
  const done = (then === undefined ? pinned : pinned.mprotect(P, R, 0, nr, then)).write(P, R, 0, AFTER);
  return [{ id: `ro-pin-not-anon-${id}`, defects: RO_NOT_ANON,
    scenario: done.expect('*', (a) => [a.pin(SLOT, 'coherent'), a.device(SLOT, 0, AFTER), a.value(P, R, 0, AFTER)]) }];
}

/**
 * Memory that was written and can be pinned for long: by a device that stores, and read-only by one that only loads.
 */
function longterm(id: string, text: string, map: (s: ScenarioBuilder) => ScenarioBuilder, nr = 1): Written[] {
  const written = (head: ScenarioBuilder): ScenarioBuilder => map(head).write(P, R, 0, BEFORE);
  const rw = written(
    asked(`a R/W long-term pin: ${text}`,
      'Can the memory be pinned for long by a device that stores, and does its owner see the stores?'),
  )
    .pin(P, SLOT, R, 0, nr).devwrite(SLOT, 0, AFTER);
  const ro = written(
    asked(`a R/O long-term pin while mapped read-only: ${text}`,
      'Can the memory be pinned for long by a device that loads, while it is mapped read-only?'),
  )
    .mprotect(P, R, 0, nr, 'r').rpin(P, SLOT, R, 0, nr);
  return [
    { id: `longterm-rw-${id}`, defects: [],
      scenario: rw.expect('*', (a) => [a.step(2, 'ok'), a.pin(SLOT, 'coherent'), a.value(P, R, 0, AFTER)]) },
    { id: `longterm-ro-${id}`, defects: [],
      scenario: ro.expect('*', (a) => [a.step(3, 'ok'), a.pin(SLOT, 'coherent'), a.device(SLOT, 0, BEFORE)]) },
  ];
}
