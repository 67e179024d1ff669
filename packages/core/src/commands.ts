/**
 * What can be asked of the machine: one message per syscall, memory access or device access. Addresses and lengths of
 * syscalls are bytes (their alignment is part of the errno behaviour); accesses and pins speak in page numbers.
 */

import type { Result } from './errno.ts';
import type { ThpEnabled } from './tables/header.ts';
import type { Event } from './events.ts';
import type { Allocation } from './page/allocations.ts';

type Message<Type extends string, Data> = Readonly<{ type: Type } & Data>;

export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/** @kernel include/uapi/linux/mman.h, include/uapi/asm-generic/mman-common.h */
export const MAP_SHARED = 0x1;
export const MAP_PRIVATE = 0x2;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_LOCKED = 0x2000;
export const MAP_HUGETLB = 0x40000;
export const MAP_FIXED_NOREPLACE = 0x100000;

export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;

export type Advice = 'dontfork' | 'dofork' | 'wipeonfork' | 'keeponfork' | 'dontneed' | 'free' | 'hugepage'
  | 'nohugepage' | 'collapse' | 'mergeable' | 'unmergeable' | 'willneed' | 'normal' | 'cold' | 'guard' | 'unguard'
  | 'invalid';

export type FileKind = 'memfd' | 'regular' | 'hugetlb' | 'dax';

export type FailTimes = 'once' | 'always' | 'never';

export type Command =
  /** A first process: a task with an empty mm of its own. */
  | Message<'Spawn', { task: number }>
  /** `base` and `step`: page k of the file holds (base + step * k) & 0xff. `nr` in base pages. */
  | Message<'CreateFile', { file: number; kind: FileKind; nr: number; base: number; step: number }>
  | Message<'Mmap',
    { task: number; addr: number; length: number; prot: number; flags: number; file?: number; offset?: number;
      readOnlyFile?: boolean }>
  | Message<'Munmap', { task: number; addr: number; length: number }>
  | Message<'Mremap',
    { task: number; addr: number; oldLength: number; newLength: number; flags: number; newAddr?: number }>
  | Message<'Brk', { task: number; addr: number }>
  | Message<'Mprotect', { task: number; addr: number; length: number; prot: number }>
  | Message<'Madvise', { task: number; addr: number; length: number; advice: Advice }>
  | Message<'Mlock', { task: number; addr: number; length: number; on: boolean }>
  | Message<'Load', { task: number; vpn: number; nr: number }>
  | Message<'Store', { task: number; vpn: number; nr: number; value: number }>
  | Message<'Fork', { task: number; child: number }>
  /** clone(CLONE_VM): a thread, or a vfork child until it execs. */
  | Message<'CloneVm', { task: number; child: number }>
  | Message<'Execve', { task: number }>
  | Message<'Exit', { task: number }>
  /**
   * A driver takes pages. `flags` are FOLL_*; `by` is the task whose context asks (another one for a remote pin);
   * `device` 0 is a pipe. With `whole`, a short count is turned into an error and undone, as most drivers do.
   */
  | Message<'Pin',
    { task: number; pin: number; vpn: number; nr: number; flags: number; device: number; by?: number; whole?: boolean }>
  | Message<'Unpin', { pin: number }>
  | Message<'DeviceStore', { pin: number; index: number; value: number }>
  | Message<'DeviceLoad', { pin: number; index: number }>
  /**
   * process_vm_readv / process_vm_writev: a transient pin of one page, by a task of the machine or by nobody in it.
   * With `force` by /proc/PID/mem or ptrace(): a transient reference, whatever the protection (FOLL_GET, FOLL_FORCE).
   */
  | Message<'RemoteLoad', { task: number; vpn: number; by?: number; force?: boolean }>
  | Message<'RemoteStore', { task: number; vpn: number; value: number; by?: number; force?: boolean }>
  /** Somebody writes 4 to /proc/PID/clear_refs: no page of the process is soft-dirty any more. */
  | Message<'ClearRefs', { task: number }>
  /** userfaultfd() with UFFD_FEATURE_SIGBUS: what would wait for a handler is SIGBUS. One for a process. */
  | Message<'UffdOpen', { task: number; forks: boolean }>
  | Message<'UffdRegister', { task: number; addr: number; length: number; missing: boolean; protects: boolean }>
  | Message<'UffdUnregister', { task: number; addr: number; length: number }>
  | Message<'UffdProtect', { task: number; addr: number; length: number; on: boolean }>
  /** UFFDIO_COPY of one page that is full of this byte. */
  | Message<'UffdCopy', { task: number; vpn: number; value: number }>
  /** Memory pressure takes these pages, if it can: swap cache, unmap, write out. */
  | Message<'Reclaim', { task: number; vpn: number; nr: number }>
  /** ksmd finds the pages of two addresses alike and makes them one. Both mappings are MADV_MERGEABLE. */
  | Message<'KsmMerge', { task: number; vpn: number; intoTask: number; intoVpn: number }>
  /** ksmd goes through all mergeable memory, so many times. */
  | Message<'KsmScan', { passes: number }>
  /** Compaction, NUMA balancing or a request moves the page at this address to another frame. */
  | Message<'Migrate', { task: number; vpn: number }>
  /** khugepaged, or MADV_COLLAPSE, makes one huge page of the small ones around this address. */
  | Message<'Collapse', { task: number; vpn: number }>
  /** The next allocation of this kind fails, or all do, or none any more. */
  | Message<'FailAllocations', { what: Allocation; times: FailTimes }>
  /** Machine settings: huge pages in the hugetlb pool, small pages in all. */
  | Message<'SetPool', { hugetlb?: number; pagesLimit?: number }>
  /**
   * The same of folios of anonymous memory: where THPs are had, and sizes between a page and a PMD, a bit an order
   * (bit 4: 16 pages). @kernel Documentation/admin-guide/mm/transhuge.rst
   */
  | Message<'SetFolios', { thp: ThpEnabled; always: number; madvise: number; inherit: number }>;

export type CommandType = Command['type'];
export type CommandOf<Type extends CommandType> = Extract<Command, { type: Type }>;

/** One line of the log: what was asked, what became of it, what it came to. */
export interface LogEntry {
  readonly position: number;
  readonly command: Command;
  readonly events: readonly Event[];
  readonly result: Result;
}
