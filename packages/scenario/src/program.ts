/**
 * The words of a scenario: what the processes, the devices and the pipes of one small program do, step by step, and
 * what is expected of it. Plain data, so that the same value runs on the model, on a live kernel and in the browser.
 * Pages count in 4 KiB units from the start of region `r` of process `p`.
 */

/**
 * What a region maps. `file`, `sharedfile` and `rofile` map the memfd that belongs to the region's number, the same
 * one in every process; page k of it holds byte 0x80+k and there are 16. `anon` and `shanon` are fresh at every mmap.
 */
export type MapKind = 'anon' | 'shanon' | 'file' | 'huge' | 'thp' | 'sharedfile' | 'rofile';
export type Prot = 'none' | 'r' | 'rw';
export type Advice = 'dontfork' | 'dofork' | 'wipeonfork' | 'keeponfork' | 'dontneed' | 'hugepage' | 'nohugepage'
  | 'free';

/** Distributes over Name: `Op<'fork' | 'thread', …>` is two members of the union. */
type Op<Name extends string, Operands> = Name extends string ? Readonly<{ op: Name } & Operands> : never;
type At = { p: number; r: number; page: number };
type Range = { p: number; r: number; start: number; nr: number };

export type Step =
  | Op<'mmap', { p: number; r: number; kind: MapKind; nr: number }>
  | Op<'mremap', { p: number; r: number; nr: number }>
  /** `swapout` is reclaim of the range. */
  | Op<'munmap' | 'mlock' | 'munlock' | 'swapout', Range>
  | Op<'madvise', Range & { advice: Advice }>
  | Op<'mprotect', Range & { prot: Prot }>
  /** By the CPU, or by process_vm_readv / writev of another process: a transient FOLL_PIN. */
  | Op<'read' | 'pvread', At>
  | Op<'write' | 'pvwrite', At & { value: number }>
  /** `thread` is clone(CLONE_VM). */
  | Op<'fork' | 'thread', { p: number; child: number }>
  /** Both drop the mm. */
  | Op<'exit' | 'exec', { p: number }>
  /** FOLL_PIN held until `unpin`: R/W long-term, R/O long-term, R/O short-term. vmsplice: FOLL_GET, until `vdrop`. */
  | Op<'pin' | 'rpin' | 'spin' | 'vmsplice', Range & { slot: number }>
  | Op<'unpin' | 'vdrop', { slot: number }>
  /** By the device. The page is that of the region, not an index into the pin. */
  | Op<'devread', { slot: number; page: number }>
  | Op<'devwrite', { slot: number; page: number; value: number }>
  /**
   * A second thread stores a rising counter to pages start to start + nr - 1, in order, round after round, while p
   * forks `children` children, of which each looks at its snapshot.
   */
  | Op<'storm', Range & { children: number }>;

export type StepOp = Step['op'];
export type StepOf<Name extends StepOp> = Extract<Step, { op: Name }>;

export interface Program {
  readonly id?: string;
  /** Region → the pages of it that are observed after every step. */
  readonly watch: Readonly<Record<number, readonly number[]>>;
  readonly steps: readonly Step[];
  /** Size of the hugetlb pool, in huge pages. */
  readonly pool: number;
}

/** The stable ids of what can go wrong with fork() and pinned pages. */
export type HazardId = 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6' | 'H7' | 'H8' | 'H9';
export type Signal = 'SIGSEGV' | 'SIGBUS';
export const ERRNOS = ['EACCES', 'EAGAIN', 'EBUSY', 'EEXIST', 'EFAULT', 'EINTR', 'EINVAL', 'ENOMEM', 'ENXIO',
  'EOPNOTSUPP', 'EOVERFLOW', 'EPERM', 'ESRCH'] as const;
export type Errno = (typeof ERRNOS)[number];
export type StepResult = 'ok' | Signal | Errno;
/** Of a child's memory: a state that the parent was in at one moment, or perhaps one that it never was in. */
export type Snapshot = 'whole' | 'may-tear';

type Is<Name extends string, Operands = unknown> = Name extends string ? Readonly<{ is: Name } & Operands> : never;

export type Assertion =
  | Is<'leak' | 'no-leak' | 'split' | 'no-split'>
  | Is<'pin-coherent', { slot: number }>
  /** No pages: at least one page of the pin, whichever. */
  | Is<'pin-diverged', { slot: number; pages: readonly number[] }>
  /** Exactly this set, in ascending order; empty for `hazards none`. */
  | Is<'hazards', { ids: readonly HazardId[] }>
  /** What a faulting load by the CPU, the device or the reader of the pipe finally sees. */
  | Is<'value', At & { seen: number | Signal }>
  | Is<'device', { slot: number; page: number; value: number }>
  | Is<'pipe', { slot: number; index: number; value: number }>
  /** 4 KiB pages copied for a child during fork(). */
  | Is<'copied', { nr: number; atLeast: boolean }>
  | Is<'step', { index: number; result: StepResult }>
  | Is<'mapcount', At & { count: number }>
  /** Page table entries that fork() handled in that step: one for a whole huge page. */
  | Is<'walked', { index: number; count: number }>
  | Is<'storm', { snapshot: Snapshot }>;

export interface Expectation {
  /** The policies or profiles it is said of; `*` for all. */
  readonly lanes: readonly string[] | '*';
  readonly assertion: Assertion;
  /** Line of the text, so that a failed expectation can be found. */
  readonly line: number;
}

/** Where the `expect` lines are known not all to hold. */
export interface ExpectedFailure {
  readonly lanes: readonly string[] | '*';
  /** The defect, for reports. */
  readonly why: string;
  readonly line: number;
}

export interface Scenario {
  readonly name: string;
  readonly title?: string;
  readonly question: string;
  readonly program: Program;
  readonly expects: readonly Expectation[];
  readonly xfails: readonly ExpectedFailure[];
  /** Line of the text for every step. */
  readonly lines: readonly number[];
}
