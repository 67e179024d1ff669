/**
 * What is left of a line of strace that was cut or blanked, where it stands among a program's own output: a call could
 * have been there, so it is not passed over.
 */

/** Words that stand in strace's lines and seldom in a program's output. */
const LOOKS_LIKE_CALL =
  /^\[pid|\b(?:iov_base|IORING_|MADV_|CLONE_|PROT_|MAP_|SIG[A-Z]{3,}|resumed>|io_u|si_addr)|<unfinished|\) += (?:\?|-?\d|0x)/;
/** Calls by which a story of memory changes. */
const MINDED = ['io_uring_setup', 'io_uring_register', 'vmsplice', 'clone3', 'clone', 'fork', 'vfork', 'madvise',
  'mmap', 'munmap', 'mremap', 'mprotect', 'brk', 'execve', 'mlockall', 'ioctl', 'userfaultfd', 'process_vm_writev',
  'openat', 'pread64', 'sendmsg', 'close', 'dup', '[pid'];
/** The end of a line: a result, or a part of it. */
const END = /^(?:\)? *=? *(?:0|-1|\?)|\)? *= *(?:0x[0-9a-f]+|-?\d+)?)$/;

export const looksLikeCall = (text: string): boolean => LOOKS_LIKE_CALL.test(text);

export function couldBeRest(text: string): boolean {
  return END.test(text) || MINDED.some((name) => name.startsWith(text));
}

export const isBlank = (text: string): boolean => text.trim() === '';
