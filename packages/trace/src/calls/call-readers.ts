/**
 * What each syscall's arguments mean, by the syscall's name. A call that is not in the table, or that failed or never
 * returned and does not read as its kind, is `other`; one that succeeded must read, or whoever asks is told.
 */
import { CallArguments, field, iovecsIn } from './call-arguments.ts';
import { CLONE, flagNames, IORING_REGISTER, IORING_SETUP, MADV, MFD, MREMAP, SPLICE } from './flag-numbers.ts';
import type { CallBase, CloneData, MemoryCall, RegisterBuffersData } from './memory-call.ts';
import type { SyscallRecord } from '../strace/strace-record.ts';
import { TraceError } from '../trace-error.ts';

/** `unreadable` is told of a call that succeeded and does not read as its kind; such a call becomes `other`. */
export function readingOf(
  record: SyscallRecord,
  base: CallBase,
  file: string,
  unreadable: (error: TraceError) => void = (error) => {
    throw error;
  },
): MemoryCall {
  const reader = READERS.get(record.name);
  if (reader === undefined) return otherCall(record.name, base);
  try {
    return reader(new CallArguments(record, file), record, base);
  } catch (error) {
    const succeeded = record.ret !== null && record.errno === null;
    if (!(error instanceof TraceError)) throw error;
    if (succeeded) unreadable(error);
    return otherCall(record.name, base);
  }
}

function otherCall(name: string, base: CallBase): MemoryCall {
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'other', name };
}

type Reader = (args: CallArguments, record: SyscallRecord, base: CallBase) => MemoryCall;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['mmap', readMmap],
  ['mmap2', readMmap],
  ['munmap', readMunmap],
  ['mremap', readMremap],
  ['brk', (args, { ret }, base) => ({ ...base, type: 'brk', address: args.address(0), ret })],
  ['mprotect', readMprotect],
  ['pkey_mprotect', readMprotect],
  ['madvise', readMadvise],
  ['clone', (args, record, base) => cloneOf('clone', args.names('flags', CLONE), record, base)],
  ['clone3', (args, record, base) => cloneOf('clone3', clone3Flags(args), record, base)],
  ['fork', (_, record, base) => cloneOf('fork', [], record, base)],
  ['vfork', (_, record, base) => cloneOf('vfork', ['CLONE_VM', 'CLONE_VFORK'], record, base)],
  ['execve', (args, record, base) => ({ ...base, type: 'execve', path: args.text(0), ok: record.ret === 0 })],
  ['execveat', (args, record, base) => ({ ...base, type: 'execve', path: args.text(1), ok: record.ret === 0 })],
  ['exit', (args, _, base) => ({ ...base, type: 'exit', code: args.int(0), group: false })],
  ['exit_group', (args, _, base) => ({ ...base, type: 'exit', code: args.int(0), group: true })],
  ['io_uring_setup',
    (args, record, base) => ({ ...base, type: 'ioUringSetup', fd: got(record), setup: setupFlags(args) })],
  ['io_uring_register', readIoUringRegister],
  [
    'vmsplice',
    (args, _, base) => ({
      ...base,
      type: 'vmsplice',
      fd: args.int(0),
      iovecs: iovecsIn(args.value(1)),
      gift: args.names(3, SPLICE).includes('SPLICE_F_GIFT'),
    }),
  ],
  [
    'memfd_create',
    (args, record, base) => ({ ...base, type: 'memfdCreate', name: args.text(0), flags: args.names(1, MFD),
      fd: got(record) }),
  ],
  [
    'shmat',
    (args, record, base) => ({
      ...base,
      type: 'shmat',
      shmid: args.int(0),
      address: args.address(1),
      flags: args.names(2),
      ret: got(record),
    }),
  ],
  ['shmdt', (args, _, base) => ({ ...base, type: 'shmdt', address: args.int(0) })],
  ['close', readClose],
  ...['dup', 'dup2', 'dup3'].map((
    name,
  ): [string, Reader] => [name,
    (args, record, base) => ({ ...base, type: 'dup', fd: args.int(0), copy: got(record) })]
  ),
]);

const addressOf = (args: CallArguments): number => args.address(0) ?? 0;

// Of the calls that most recordings are full of, each field is named: a spread costs as much as the rest of them.

function readMunmap(args: CallArguments, _: SyscallRecord, base: CallBase): MemoryCall {
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'munmap',
    address: addressOf(args), lengthBytes: args.int(1) };
}

function readMprotect(args: CallArguments, _: SyscallRecord, base: CallBase): MemoryCall {
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'mprotect',
    address: addressOf(args), lengthBytes: args.int(1), prot: args.prot(2) };
}

function readClose(args: CallArguments, _: SyscallRecord, base: CallBase): MemoryCall {
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'close', fd: args.int(0) };
}

function readMadvise(args: CallArguments, _: SyscallRecord, base: CallBase): MemoryCall {
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'madvise',
    address: addressOf(args), lengthBytes: args.int(1), advice: args.name(2, MADV) };
}

/** A returned address, descriptor or pid; null unless the call succeeded. */
function got({ ret, errno }: SyscallRecord): number | null {
  return errno === null ? ret : null;
}

function readMmap(args: CallArguments, record: SyscallRecord, base: CallBase): MemoryCall {
  const flags = args.mapFlags(3);
  const fd = args.fd(4);
  const file = flags.anonymous || fd.fd < 0 ? null : fd;
  const lengthBytes = args.int(1);
  const { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned } = base;
  return { pid, line, startMicros, endMicros, atLine, atMicros, errno, returned, type: 'mmap', address: args.address(0),
    lengthBytes, prot: args.prot(2), flags, fd: file, offset: args.int(5), ret: got(record) };
}

function readMremap(args: CallArguments, record: SyscallRecord, base: CallBase): MemoryCall {
  const names = args.names(3, MREMAP);
  return {
    ...base,
    type: 'mremap',
    oldAddress: args.int(0),
    oldLengthBytes: args.int(1),
    newLengthBytes: args.int(2),
    mayMove: names.includes('MREMAP_MAYMOVE'),
    fixed: names.includes('MREMAP_FIXED'),
    dontUnmap: names.includes('MREMAP_DONTUNMAP'),
    newAddress: args.has(4) ? args.address(4) : null,
    ret: got(record),
  };
}

function cloneOf(
  syscall: CloneData['syscall'],
  flags: readonly string[],
  record: SyscallRecord,
  base: CallBase,
): MemoryCall {
  const has = (name: string): boolean => flags.includes(name);
  const child = got(record);
  return {
    ...base,
    type: 'clone',
    syscall,
    flags,
    cloneVm: has('CLONE_VM'),
    vfork: has('CLONE_VFORK'),
    thread: has('CLONE_THREAD'),
    child,
  };
}

function clone3Flags(args: CallArguments): readonly string[] {
  const flags = field(args.value(0), 'flags');
  return (flags && flagNames(flags, CLONE)) ?? args.refuse('its structure shows no flags');
}

function setupFlags(args: CallArguments): readonly string[] {
  const flags = field(args.value(1), 'flags');
  return (flags && flagNames(flags, IORING_SETUP)) ?? [];
}

function readIoUringRegister(args: CallArguments, _: SyscallRecord, base: CallBase): MemoryCall {
  const fd = args.int(0);
  const what = args.name(1, IORING_REGISTER);
  switch (what.replace('IORING_', '')) {
    case 'REGISTER_BUFFERS':
      return { ...base, type: 'ioUringRegisterBuffers', ...buffers(args, fd, args.int(3)), slot: 0, update: false };
    case 'REGISTER_BUFFERS2':
      return { ...base, type: 'ioUringRegisterBuffers', ...buffers(args, fd, fieldInt(args, 'nr')), slot: 0,
        update: false };
    case 'REGISTER_BUFFERS_UPDATE':
      return {
        ...base,
        type: 'ioUringRegisterBuffers',
        ...buffers(args, fd, fieldInt(args, 'nr')),
        slot: fieldInt(args, 'offset') ?? 0,
        update: true,
      };
    case 'UNREGISTER_BUFFERS':
      return { ...base, type: 'ioUringUnregisterBuffers', fd };
    case 'REGISTER_CLONE_BUFFERS':
      return { ...base, type: 'ioUringCloneBuffers', fd };
    default:
      return { ...base, type: 'other', name: 'io_uring_register' };
  }
}

/** strace abbreviates long arrays; a missing pin would turn a verdict around. A sparse table shows none at all. */
function buffers(args: CallArguments, fd: number, nr: number | null): Pick<RegisterBuffersData, 'fd' | 'iovecs'> {
  const iovecs = iovecsIn(args.value(2));
  const sparse = field(args.value(2), 'data')?.kind === 'null';
  if (nr !== null && nr !== iovecs.length && !sparse) {
    args.refuse(
      `${nr} buffers are registered and ${iovecs.length} shown`,
      'record with strace -v, which abbreviates nothing',
    );
  }
  return { fd, iovecs };
}

function fieldInt(args: CallArguments, name: string): number | null {
  const found = field(args.value(2), name);
  return found?.kind === 'int' ? found.value : null;
}
