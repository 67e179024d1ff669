/**
 * The calls that shape an mm: what a recording tells a model of memory. Addresses and lengths are as the program passed
 * them; rounding to pages is the model's business.
 */

export type MemoryCall =
  | Call<'mmap', MmapData>
  | Call<'munmap', AddressRange>
  | Call<'mremap', MremapData>
  /** `ret` is the break afterwards. A refused brk() has no errno: it returns the old break, below `address`. */
  | Call<'brk', { readonly address: number | null; readonly ret: number | null }>
  | Call<'mprotect', AddressRange & { readonly prot: Prot }>
  | Call<'madvise', AddressRange & { readonly advice: string }>
  | Call<'clone', CloneData>
  | Call<'execve', { readonly path: string; readonly ok: boolean }>
  /** A thread asks to end itself or (`group`) its whole process. Its memory goes when the last thread has `exited`. */
  | Call<'exit', { readonly code: number; readonly group: boolean }>
  | Call<'exited', { readonly code: number }>
  | Call<'killed', { readonly signal: string }>
  /** This group leader ended because thread `by` called execve(); `by` goes on under the leader's pid. */
  | Call<'superseded', { readonly by: number }>
  | Call<'ioUringSetup', { readonly fd: number | null; readonly setup: readonly string[] }>
  | Call<'ioUringRegisterBuffers', RegisterBuffersData>
  | Call<'ioUringUnregisterBuffers', { readonly fd: number }>
  /** The ring takes over the buffers of another one; strace does not print which. */
  | Call<'ioUringCloneBuffers', { readonly fd: number }>
  | Call<'vmsplice', { readonly fd: number; readonly iovecs: readonly Iovec[]; readonly gift: boolean }>
  | Call<'memfdCreate', { readonly name: string; readonly flags: readonly string[]; readonly fd: number | null }>
  | Call<
    'shmat',
    {
      readonly shmid: number;
      readonly address: number | null;
      readonly flags: readonly string[];
      readonly ret: number | null;
    }
  >
  | Call<'shmdt', { readonly address: number }>
  | Call<'close', { readonly fd: number }>
  /** Another descriptor of the same file; null unless it succeeded. */
  | Call<'dup', { readonly fd: number; readonly copy: number | null }>
  | Call<'other', { readonly name: string }>;

export interface CallBase {
  /** The thread that called. */
  readonly pid: number;
  readonly line: number;
  readonly startMicros: number;
  /** Null where the recording does not tell. */
  readonly endMicros: number | null;
  /** The line and time at which the call counts as having taken effect; see `interpret`. */
  readonly atLine: number;
  readonly atMicros: number;
  /** Set if the call failed: then it changed nothing. */
  readonly errno: string | null;
  /** False if nobody saw the call return; for exit and an unfinished call. Such a call may or may not have acted. */
  readonly returned: boolean;
}

type Call<Type extends string, Data> = CallBase & { readonly type: Type } & Data;

export interface AddressRange {
  readonly address: number;
  readonly lengthBytes: number;
}

export interface Prot {
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

export interface MmapData {
  /** Null for NULL: the kernel chooses. */
  readonly address: number | null;
  readonly lengthBytes: number;
  readonly prot: Prot;
  readonly flags: MapFlags;
  /** Null if anonymous. `path` is empty if strace ran without -y. */
  readonly fd: { readonly fd: number; readonly path: string } | null;
  readonly offset: number;
  /** Where it was mapped; null unless it succeeded. */
  readonly ret: number | null;
}

export interface MapFlags {
  readonly shared: boolean;
  readonly private: boolean;
  readonly anonymous: boolean;
  readonly fixed: boolean;
  readonly fixedNoreplace: boolean;
  readonly hugetlb: boolean;
  readonly stack: boolean;
  readonly growsdown: boolean;
  readonly populate: boolean;
  readonly locked: boolean;
  readonly noreserve: boolean;
  /** All flags as strace names them, the above included. */
  readonly names: readonly string[];
}

export interface MremapData {
  readonly oldAddress: number;
  readonly oldLengthBytes: number;
  readonly newLengthBytes: number;
  readonly mayMove: boolean;
  readonly fixed: boolean;
  readonly dontUnmap: boolean;
  /** Passed with MREMAP_FIXED only. */
  readonly newAddress: number | null;
  readonly ret: number | null;
}

export interface CloneData {
  readonly syscall: 'clone' | 'clone3' | 'fork' | 'vfork';
  readonly flags: readonly string[];
  /** The child shares the caller's mm: nothing is copied and nothing becomes COW. */
  readonly cloneVm: boolean;
  /** The caller waits until the child has called execve() or exited. */
  readonly vfork: boolean;
  readonly thread: boolean;
  /** Null unless it succeeded. */
  readonly child: number | null;
}

export interface Iovec {
  /** Null where strace printed the bytes and not their address. */
  readonly base: number | null;
  readonly lengthBytes: number;
}

export interface RegisterBuffersData {
  readonly fd: number;
  readonly iovecs: readonly Iovec[];
  /** The slot of the first buffer; not 0 only for IORING_REGISTER_BUFFERS_UPDATE. */
  readonly slot: number;
  readonly update: boolean;
}
