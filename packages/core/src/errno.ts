/** A refusal is an answer: the kernel returns an errno or sends a signal, and so does the model. */
export type Errno = 'EACCES' | 'EAGAIN' | 'EBADF' | 'EBUSY' | 'EEXIST' | 'EFAULT' | 'EINTR' | 'EINVAL' | 'EIO'
  | 'ENOENT' | 'ENOMEM' | 'ENXIO' | 'EOPNOTSUPP' | 'EOVERFLOW' | 'EPERM' | 'ESRCH' | 'SIGBUS' | 'SIGSEGV';

/** What a command came to. `value` is what the call returns: an address, a child, a byte, a count of pages. */
export type Result =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly errno: Errno; readonly why: string };

export const done = (value = 0): Result => ({ ok: true, value });
export const refuse = (errno: Errno, why: string): Result => ({ ok: false, errno, why });
