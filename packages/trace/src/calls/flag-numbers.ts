/**
 * Numbers for names. strace prints numbers with -X raw, numbers with the names behind them with -X verbose, and numbers
 * for whatever is newer than itself.
 */
import type { Value } from '../strace/strace-value.ts';

/** Bits of a set, or the values of an enumeration. */
export type Names = Readonly<Record<number, string>>;

const names = (text: string, from = 0): Names =>
  Object.fromEntries(text.trim().split(/\s+/).map((name, index) => [index + from, name]));
const bits = (text: string, from = 0): Names =>
  Object.fromEntries(text.trim().split(/\s+/).map((name, index) => [2 ** (index + from), name]));
const prefixed = (prefix: string, of: Names): Names =>
  Object.fromEntries(Object.entries(of).map(([value, name]) => [value, `${prefix}${name}`]));

/** @kernel include/uapi/asm-generic/mman-common.h */
export const PROT: Names = { 1: 'PROT_READ', 2: 'PROT_WRITE', 4: 'PROT_EXEC', 8: 'PROT_SEM',
  0x1000000: 'PROT_GROWSDOWN', 0x2000000: 'PROT_GROWSUP' };
export const MAP: Names = { 1: 'MAP_SHARED', 2: 'MAP_PRIVATE', 0x10: 'MAP_FIXED', 0x20: 'MAP_ANONYMOUS',
  0x40: 'MAP_32BIT', 0x100: 'MAP_GROWSDOWN', 0x800: 'MAP_DENYWRITE', 0x1000: 'MAP_EXECUTABLE', 0x2000: 'MAP_LOCKED',
  0x4000: 'MAP_NORESERVE', 0x8000: 'MAP_POPULATE', 0x10000: 'MAP_NONBLOCK', 0x20000: 'MAP_STACK',
  0x40000: 'MAP_HUGETLB', 0x80000: 'MAP_SYNC', 0x100000: 'MAP_FIXED_NOREPLACE' };
export const MREMAP: Names = { 1: 'MREMAP_MAYMOVE', 2: 'MREMAP_FIXED', 4: 'MREMAP_DONTUNMAP' };
export const MADV: Names = prefixed('MADV_', {
  ...names('NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED'),
  ...names('FREE REMOVE DONTFORK DOFORK MERGEABLE UNMERGEABLE HUGEPAGE NOHUGEPAGE DONTDUMP DODUMP WIPEONFORK', 8),
  ...names('KEEPONFORK COLD PAGEOUT POPULATE_READ POPULATE_WRITE DONTNEED_LOCKED COLLAPSE', 19),
  100: 'HWPOISON',
  101: 'SOFT_OFFLINE',
  102: 'GUARD_INSTALL',
  103: 'GUARD_REMOVE',
});
/** @kernel include/uapi/linux/sched.h */
export const CLONE: Names = prefixed('CLONE_', {
  0x80: 'NEWTIME',
  ...bits('VM FS FILES SIGHAND PIDFD PTRACE VFORK PARENT THREAD NEWNS SYSVSEM SETTLS PARENT_SETTID', 8),
  ...bits('CHILD_CLEARTID DETACHED UNTRACED CHILD_SETTID NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET IO', 21),
  ...bits('CLEAR_SIGHAND INTO_CGROUP', 32),
});
/** @kernel include/uapi/linux/io_uring.h enum io_uring_register_op */
export const IORING_REGISTER: Names = prefixed('IORING_', names(`
  REGISTER_BUFFERS UNREGISTER_BUFFERS REGISTER_FILES UNREGISTER_FILES REGISTER_EVENTFD UNREGISTER_EVENTFD
  REGISTER_FILES_UPDATE REGISTER_EVENTFD_ASYNC REGISTER_PROBE REGISTER_PERSONALITY UNREGISTER_PERSONALITY
  REGISTER_RESTRICTIONS REGISTER_ENABLE_RINGS REGISTER_FILES2 REGISTER_FILES_UPDATE2 REGISTER_BUFFERS2
  REGISTER_BUFFERS_UPDATE REGISTER_IOWQ_AFF UNREGISTER_IOWQ_AFF REGISTER_IOWQ_MAX_WORKERS REGISTER_RING_FDS
  UNREGISTER_RING_FDS REGISTER_PBUF_RING UNREGISTER_PBUF_RING REGISTER_SYNC_CANCEL REGISTER_FILE_ALLOC_RANGE
  REGISTER_PBUF_STATUS REGISTER_NAPI UNREGISTER_NAPI REGISTER_CLOCK REGISTER_CLONE_BUFFERS REGISTER_SEND_MSG_RING
  REGISTER_ZCRX_IFQ REGISTER_RESIZE_RINGS REGISTER_MEM_REGION`));
export const IORING_SETUP: Names = prefixed('IORING_SETUP_', bits(`
  IOPOLL SQPOLL SQ_AFF CQSIZE CLAMP ATTACH_WQ R_DISABLED SUBMIT_ALL COOP_TASKRUN TASKRUN_FLAG SQE128 CQE32
  SINGLE_ISSUER DEFER_TASKRUN NO_MMAP REGISTERED_FD_ONLY NO_SQARRAY HYBRID_IOPOLL`));
export const SPLICE: Names = prefixed('SPLICE_F_', bits('MOVE NONBLOCK MORE GIFT'));
export const MFD: Names = prefixed('MFD_', bits('CLOEXEC ALLOW_SEALING HUGETLB NOEXEC_SEAL EXEC'));
/** @kernel include/uapi/asm-generic/fcntl.h */
export const OPEN: Names = { 0x1: 'O_WRONLY', 0x2: 'O_RDWR', 0x40: 'O_CREAT', 0x4000: 'O_DIRECT',
  0x80000: 'O_CLOEXEC' };
export const MSG: Names = { 0x4000000: 'MSG_ZEROCOPY', 0x4000: 'MSG_NOSIGNAL', 0x40: 'MSG_DONTWAIT' };

/** Names of a set of flags, however it is printed; what has no name stays a number. Null if it is no set of flags. */
export function flagNames(value: Value, table: Names): readonly string[] | null {
  if (value.kind === 'flags' && value.names.every(isName)) return value.names;
  const texts = textsOf(value);
  return texts?.flatMap((text) => (NUMBER.test(text) ? decoded(Number(text), table) : [text])) ?? null;
}

/** The one name of an enumeration's value; what has no name stays a number. */
export function valueName(value: Value, table: Names): string | null {
  const [text, ...more] = textsOf(value) ?? [];
  if (text === undefined) return value.kind === 'int' ? nameOf(0, table) : null;
  if (more.length > 0) return [text, ...more].join('|');
  return NUMBER.test(text) ? nameOf(Number(text), table) : text;
}

/** It begins like no number. */
const isName = (text: string): boolean => text.charCodeAt(0) > 57;
const NUMBER = /^-?(?:0x[0-9a-f]+|\d+)$/;
const nameOf = (value: number, table: Names): string => table[value] ?? `0x${value.toString(16)}`;

/** A set's members as printed; [] for 0. A comment between its members (-X verbose) is left out. */
function textsOf(value: Value): readonly string[] | null {
  switch (value.kind) {
    case 'flags':
      return value.names;
    case 'int':
      return value.value === 0 ? [] : [String(value.value)];
    case 'fd':
      return [String(value.fd)];
    case 'other': {
      const parts = value.text.replace(/\/\*.*?\*\//g, '').split('|').map((part) => part.trim());
      return parts.every((part) => /^[\w<]+$/.test(part)) ? parts : null;
    }
    default:
      return null;
  }
}

function decoded(value: number, table: Names): string[] {
  let left = value;
  const found: string[] = [];
  for (const [bit, name] of Object.entries(table)) {
    if (!hasBits(left, Number(bit))) continue;
    found.push(name);
    left -= Number(bit);
  }
  return left === 0 ? found : [...found, `0x${left.toString(16)}`];
}

/** Above 2^32 too, where JavaScript's own operators stop. */
function hasBits(value: number, bit: number): boolean {
  return value >= 0 && Math.floor(value / bit) % 2 === 1;
}
