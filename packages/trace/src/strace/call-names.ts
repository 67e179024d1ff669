/**
 * Calls that are in no story of memory, known by the bytes of their names. Most lines of a recording are theirs: they
 * are counted, and nobody asks for their arguments.
 */

/** Nothing reads their arguments, here or in a verdict. */
const UNMINDED = `futex futex_wait futex_waitv futex_wake epoll_wait epoll_pwait epoll_pwait2 epoll_ctl epoll_create
  epoll_create1 poll ppoll select pselect6 recvfrom recvmmsg accept accept4 socket socketpair connect bind listen
  getsockopt getsockname getpeername shutdown fstat newfstatat stat lstat statx statfs fstatfs access faccessat faccessat2
  lseek rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigsuspend sigaltstack getrandom clock_gettime
  clock_getres clock_nanosleep nanosleep gettimeofday time times getpid gettid getppid getuid geteuid getgid getegid
  getpgrp getpgid getsid getrusage getcpu sched_yield sched_getaffinity sched_setaffinity set_robust_list rseq prlimit64
  getrlimit getdents64 readlink readlinkat getcwd chdir uname sysinfo fsync fdatasync ftruncate fallocate fadvise64
  unlink unlinkat mkdir mkdirat rename renameat renameat2 eventfd eventfd2 timerfd_create timerfd_settime
  timerfd_gettime alarm setitimer wait4 waitid kill tgkill flock utimensat sync_file_range umask restart_syscall
  inotify_add_watch set_tid_address membarrier`;
/** Asked for only where a file may be read or written past the page cache. With the arguments that they have. */
const TRANSFERS: Readonly<Record<string, number>> = { read: 3, write: 3, pread64: 4, pwrite64: 4, readv: 3, writev: 3,
  preadv: 5, preadv2: 6, pwritev: 5, pwritev2: 6 };

export interface CallName {
  readonly name: string;
  /** Of a transfer between a file and memory; else null. */
  readonly arguments: number | null;
}

interface Entry extends CallName {
  readonly bytes: Uint8Array;
}

const SIZE = 4096;
const HASH = 31;

export const hashOf = (hash: number, byte: number): number => (Math.imul(hash, HASH) + byte) | 0;

/** By hash; several in one place are few. */
const TABLE: readonly Entry[][] = Array.from({ length: SIZE }, () => []);
const NAMES = [...UNMINDED.trim().split(/\s+/), ...Object.keys(TRANSFERS)];
for (const name of NAMES) {
  const bytes = new TextEncoder().encode(name);
  TABLE[bytes.reduce(hashOf, 0) & (SIZE - 1)].push({ name, bytes, arguments: TRANSFERS[name] ?? null });
}

const UNASKED: ReadonlySet<string> = new Set(NAMES);
export const isUnminded = (name: string): boolean => UNASKED.has(name);

/** The unminded call whose name stands there; `hash` is that of the bytes. */
export function unmindedAt(bytes: Uint8Array, from: number, to: number, hash: number): CallName | null {
  const place = TABLE[hash & (SIZE - 1)];
  for (let nr = 0; nr < place.length; nr++) {
    const entry = place[nr];
    if (entry.bytes.length === to - from && isThere(bytes, from, entry.bytes)) return entry;
  }
  return null;
}

function isThere(bytes: Uint8Array, from: number, wanted: Uint8Array): boolean {
  for (let nr = 0; nr < wanted.length; nr++) if (bytes[from + nr] !== wanted[nr]) return false;
  return true;
}
