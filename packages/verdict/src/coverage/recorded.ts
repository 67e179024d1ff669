/** What a recording could have shown: the calls that were in its set, as its recorder tells, or as what occurs shows. */
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
  /** Calls that hold memory were asked for, whether any occurs or not. */
  readonly holders: boolean;
  /** Children are followed. */
  readonly followed: boolean;
}

/** What every program calls, and no set for memory or processes contains. */
const EVERYDAY = ['read', 'write', 'openat', 'newfstatat', 'fstat', 'pread64', 'rt_sigaction', 'rt_sigprocmask',
  'getrandom', 'access', 'set_tid_address', 'prlimit64', 'arch_prctl', 'lseek', 'futex', 'getpid'];
const EVERYDAY_MIN = 4;

/** `asked`: the set that the recorder asked strace for, where it tells. */
export function recordedBy({ story, seen }: Pick<Told, 'story' | 'seen'>, asked: readonly string[] = []): Recorded {
  const all = EVERYDAY.filter((name) => story.calls.has(name)).length >= EVERYDAY_MIN;
  const children = new Set(story.forks.flatMap(({ child }) => (child === null ? [] : [child])));
  const any = (...names: readonly string[]): boolean =>
    all || names.some((name) => story.calls.has(name) || asked.includes(name));
  return {
    all,
    memory: any('%memory', 'mmap', 'mmap2', 'munmap', 'brk', 'mprotect'),
    processes: any('%process', 'clone', 'clone3', 'fork', 'vfork', 'execve', 'exit_group', 'exit', 'wait4', 'waitid'),
    closes: any('close', 'close_range'),
    opens: any('openat', 'open', 'openat2'),
    // Of a set that is told, read() itself must be in it.
    reads: asked.length === 0 ? any('read', 'pread64', 'readv', 'preadv') : all || asked.includes('read'),
    ioctls: any('ioctl'),
    sends: any('sendto', 'sendmsg', 'recvmsg'),
    holders: any('io_uring_setup', 'io_uring_register', 'vmsplice'),
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
    ...(recorded.holders
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
