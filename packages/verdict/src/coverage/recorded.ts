/** What a recording could have shown: the calls that were in its set, inferred from what occurs. */
import type { Told } from '../story/listener.ts';
import type { Story } from '../story/entities.ts';

export interface Recorded {
  /** mmap() and its kin. */
  readonly memory: boolean;
  /** clone(), execve(), exit(). */
  readonly processes: boolean;
  /** Calls that make a child: without them there may be forks that are not seen. */
  readonly closes: boolean;
  readonly opens: boolean;
  readonly reads: boolean;
  readonly ioctls: boolean;
  readonly sends: boolean;
  /** So many kinds of calls that no set can have been given. */
  readonly all: boolean;
  /** Children are followed. */
  readonly followed: boolean;
}

const anyOf = (story: Story, ...names: readonly string[]): boolean => names.some((name) => story.calls.has(name));
/** What every program calls, and no set for memory or processes contains. */
const EVERYDAY = ['read', 'write', 'openat', 'newfstatat', 'fstat', 'pread64', 'rt_sigaction', 'rt_sigprocmask',
  'getrandom', 'access', 'set_tid_address', 'prlimit64', 'arch_prctl', 'lseek', 'futex', 'getpid'];
const EVERYDAY_MIN = 4;

export function recordedBy({ story, seen }: Pick<Told, 'story' | 'seen'>): Recorded {
  const all = EVERYDAY.filter((name) => story.calls.has(name)).length >= EVERYDAY_MIN;
  const children = new Set(story.forks.flatMap(({ child }) => (child === null ? [] : [child])));
  return {
    all,
    memory: all || anyOf(story, 'mmap', 'mmap2', 'munmap', 'brk', 'mprotect'),
    processes: all
      || anyOf(story, 'clone', 'clone3', 'fork', 'vfork', 'execve', 'exit_group', 'exit', 'wait4', 'waitid'),
    closes: all || anyOf(story, 'close', 'close_range'),
    opens: all || anyOf(story, 'openat', 'open', 'openat2'),
    reads: all || anyOf(story, 'read', 'pread64', 'readv', 'preadv'),
    ioctls: anyOf(story, 'ioctl') || all,
    sends: all || anyOf(story, 'sendto', 'sendmsg', 'recvmsg'),
    followed: children.size === 0 || [...children].some((child) => seen.pids.has(child)),
  };
}

/** A list for people: what nobody can know from this recording. */
export function notShownOf(story: Story, recorded: Recorded, reading: Told['reading'], sampled: boolean): string[] {
  const seen = (name: string): boolean => story.calls.has(name);
  return [
    ...(sampled ? [] : ['which pages were touched, and by whom: no page faults were sampled']),
    ...(story.holds.some(({ kind }) => kind === 'io_uring') && sampled
      ? ['stores to registered pages that needed no fault']
      : []),
    ...(recorded.closes ? [] : ['when descriptors are closed: close() does not occur; add it to the set']),
    ...(recorded.opens && recorded.reads
      ? []
      : [
        `direct I/O: ${
          [recorded.opens ? '' : 'opens', recorded.reads ? '' : 'reads'].filter((one) => one !== '').join(' and ')
        } are not in the recorded set, so that of files opened with O_DIRECT is not excluded`,
      ]),
    ...(recorded.ioctls
      ? []
      : ['what drivers were told: ioctl() does not occur; RDMA, VFIO and GPU drivers register memory by it']),
    ...(recorded.sends ? [] : ['MSG_ZEROCOPY: no send or receive is in the recorded set']),
    ...(seen('io_uring_setup') || seen('io_uring_register') || seen('vmsplice') || recorded.all
      ? []
      : ['whether io_uring_register() and vmsplice() were recorded: none occurs']),
    ...(seen('io_uring_setup') && !seen('io_uring_enter')
      ? ['what was submitted to rings: their entries are in memory']
      : []),
    ...(reading.times === 'none' ? ['when: the lines have no times'] : []),
    ...(recorded.followed ? [] : ['what the children did: strace ran without -f']),
    ...(reading.torn === null ? [] : [`what came after line ${reading.torn.line}, where the recording is torn`]),
    ...(reading.unread.length === 0
      ? []
      : [`what ${reading.unreadNr} lines say that do not read, the first line ${reading.unread[0].line}`]),
    ...(reading.passedOver.output === 0
      ? []
      : [`${reading.passedOver.output} lines of the program's own output were passed over`]),
  ];
}
