/**
 * What a recording tells of a program, as far as fork() and pinned memory go: who ran in which mm, what holds memory
 * from when to when, and what happened to it. Lines are those of the recording; nothing here judges.
 */
import type { Interval, Intervals } from './intervals.ts';

export interface Task {
  readonly pid: number;
  readonly mm: Mm;
  /** Its table of descriptors. */
  readonly files: Files;
  readonly leader: number;
  readonly bornLine: number;
  readonly bornMicros: number;
  /** How it came into the recording: by a call that is in it, as the program that strace started, or out of nowhere. */
  readonly birth: 'cloned' | 'started' | 'unseen';
  endLine: number | null;
}

/** A stretch of an mm as calls made it. */
export interface Mm {
  readonly id: number;
  readonly pid: number;
  readonly bornLine: number;
  /** What was mapped and registered before the recording is not known. */
  readonly unknownPast: boolean;
  readonly parent: Mm | null;
  readonly vmas: Intervals<Vma>;
  /** Ranges that MADV_DONTFORK took from it at its birth by fork(). */
  readonly holes: readonly Hole[];
  /** Mappings of io_uring instances: they keep the instance alive after its last descriptor is closed. */
  readonly rings: { readonly file: Description; readonly start: number; readonly end: number }[];
  brk: { readonly start: number; readonly now: number } | null;
  /** Line at which its last task left it: by exit or by execve(). */
  endLine: number | null;
  end: 'exit' | 'execve' | null;
  /** Most mappings at one time, and the line. */
  peak: { nr: number; line: number };
  /** How many there were, where that changed by much: as the kernel merges neighbours that are alike. */
  ledger: { readonly line: number; readonly micros: number; readonly nr: number }[];
  readonly clock: { readonly micros: number };
}

/** One mapping, as far as fork() minds it. */
export interface Vma {
  /** Line of the call that made it; 0 if it was there before: the program itself, its stack, memory of the loader. */
  readonly line: number;
  readonly shared: boolean;
  readonly hugetlb: boolean;
  readonly path: string;
  readonly writable: boolean;
  readonly advice: Advice | null;
}

/** The last advice about fork() that a page was given. */
export interface Advice {
  readonly kind: 'dontfork' | 'dofork' | 'wipeonfork';
  readonly line: number;
  /** The line that protected the page before DOFORK took it back. */
  readonly before: number | null;
  /** The call said that it failed, and acted where something is mapped. */
  readonly failed: boolean;
}

export interface Hole {
  /** Page numbers; `end` is past the last. */
  readonly start: number;
  readonly end: number;
  /** Line of the madvise(). */
  readonly line: number;
  readonly failed: boolean;
  readonly forkLine: number;
  readonly parent: Mm;
}

export type Files = Map<number, Description>;

/** An open file: descriptors of several tables may refer to it. */
export interface Description {
  readonly id: number;
  readonly kind: 'ring' | 'userfaultfd' | 'direct' | 'device' | 'other';
  readonly path: string;
  readonly line: number;
  /** The next execve() closes it. */
  readonly cloexec: boolean;
  refs: number;
  endLine: number | null;
}

/** Memory that something outside of the program holds. */
export interface Hold {
  readonly id: number;
  readonly kind: 'io_uring' | 'vmsplice';
  readonly pid: number;
  readonly mm: Mm;
  readonly line: number;
  /** mremap() takes it along. */
  base: number;
  readonly bytes: number;
  /** Page numbers; `end` is past the last. */
  start: number;
  end: number;
  /** The program unmapped (a part of) it at that line, while it was held. */
  unmappedLine: number | null;
  readonly slot: number;
  readonly by: Description | null;
  /** The line that ended it, and how; null if nothing in the recording does. */
  endLine: number | null;
  endBy: string | null;
}

/** Something that holds, or may hold, memory at addresses that the recording does not print. */
export interface UnseenHold {
  readonly what: string;
  /** What would show the addresses. */
  readonly command: string;
  readonly mm: Mm | null;
  readonly pid: number;
  readonly lines: number[];
  readonly by: Description | null;
  readonly bytes: number | null;
  endLine: number | null;
  /** Whether it reads, so that nothing is lost to the program. */
  readonly readsOnly: boolean;
  /** What of it strace did print. */
  readonly shown: { readonly base: number; readonly bytes: number }[];
  /** Only a mapping of the device is seen so far, no call. */
  mappedOnly: boolean;
}

export interface Fork {
  readonly id: number;
  readonly line: number;
  readonly micros: number;
  readonly pid: number;
  /** Null if it failed or nobody saw it return. */
  readonly child: number | null;
  readonly parent: Mm;
  readonly mm: Mm | null;
  readonly failed: string | null;
  /** Other threads of the parent at that moment. */
  readonly threads: number[];
  readonly syscall: string;
  /** Mappings and bytes that the call had to walk, as far as the recording shows them. */
  readonly mappings: number;
  readonly bytes: number;
  /** Page tables of the lowest level that it copied, at most. */
  readonly tables: number;
}

/** A child that shares its maker's mm: thread, vfork(), posix_spawn(). */
export interface Shared {
  readonly line: number;
  readonly pid: number;
  readonly child: number | null;
  readonly flags: readonly string[];
  readonly thread: boolean;
  readonly parent: Mm;
  readonly syscall: string;
}

/** A store to private memory that is known from a call or was stated. */
export interface Store {
  readonly line: number;
  readonly mm: Mm;
  readonly start: number;
  readonly end: number;
  readonly by: string;
  readonly pid: number;
}

/** A call that took pages from under whatever holds them. */
export interface Taken {
  readonly line: number;
  readonly hold: Hold;
  readonly start: number;
  readonly end: number;
  readonly by: string;
  readonly sure: boolean;
}

export interface Fault {
  readonly line: number;
  readonly pid: number;
  readonly mm: Mm | null;
  readonly signal: string;
  readonly code: string;
  /** Null if the recording does not tell. */
  readonly addr: number | null;
}

/** userfaultfd watches a range from `line` to `endLine`. */
export interface Watched {
  readonly line: number;
  readonly mm: Mm;
  readonly start: number;
  readonly end: number;
  readonly lines: number[];
  readonly by: Description | null;
  endLine: number | null;
}

/** I/O that moves data between a device and memory of the program while the call lasts. */
export interface Transfer {
  readonly line: number;
  readonly micros: number;
  readonly endLine: number;
  readonly pid: number;
  readonly mm: Mm;
  readonly call: string;
  readonly bytes: number | null;
  readonly address: number | null;
}

/** A line whose meaning is open, so that nothing may be called safe over it. */
export interface Doubt {
  readonly line: number;
  readonly what: string;
  readonly command: string;
}

export interface Story {
  readonly tasks: readonly Task[];
  readonly mms: readonly Mm[];
  readonly holds: readonly Hold[];
  readonly unseen: readonly UnseenHold[];
  readonly forks: readonly Fork[];
  readonly shared: readonly Shared[];
  readonly stores: readonly Store[];
  readonly taken: readonly Taken[];
  readonly faults: readonly Fault[];
  readonly watched: readonly Watched[];
  readonly transfers: readonly Transfer[];
  readonly doubts: readonly Doubt[];
  /** Calls that failed as if there were too many mappings: advice over a range with no gap, and ENOMEM near the limit. */
  readonly refused: readonly { readonly line: number; readonly call: string; readonly errno: string;
    readonly mappings: number }[];
  /** Syscalls that occur, with their number and first line. */
  readonly calls: ReadonlyMap<string, { readonly nr: number; readonly line: number }>;
  readonly protections: readonly { readonly line: number; readonly start: number; readonly end: number;
    readonly kind: Advice['kind']; readonly mm: Mm }[];
  /** Advice, shared mappings and huge pages under each hold at each fork(), by fork and hold. */
  readonly under: ReadonlyMap<string, readonly Interval<Vma>[]>;
  readonly features: readonly string[];
  readonly lastLine: number;
}

export const PAGE = 4096;
export const pageOf = (addr: number): number => Math.floor(addr / PAGE);
export const pageEnd = (addr: number, bytes: number): number => Math.ceil((addr + bytes) / PAGE);
export const hex = (addr: number): string => `0x${addr.toString(16)}`;
