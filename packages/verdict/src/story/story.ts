/** The story of a recording, told from its records in the order in which they took effect. */
import { field, type MemoryCall, type RecordSink, type StraceReading, type StraceRecord, type SyscallRecord,
  type TraceError } from '@cowlab/trace';
import { type Doubt, pageEnd, pageOf, type Story, type Task } from './entities.ts';
import { requestOf } from './drivers.ts';
import { driverCall, pathOf, registerRing, openWatcher, setupRing, vmsplice, watch } from './holding-calls.ts';
import { closeRange, duplicate, fcntl, lock, open, passDescriptors, poke, reap, receive, send, submit, transfer,
  writeOther } from './io-calls.ts';
import { brk, madvise, mmap, mprotect, mremap, munmap, refusedMapping } from './memory-calls.ts';
import { InOrder } from './in-order.ts';
import { clone, execve } from './process-calls.ts';
import { type Step, stepOf, Teller } from './teller.ts';
import { argument, int, intAt, textOf } from './values.ts';
import { isSyscall } from '../coverage/syscall-names.ts';

/** Calls that count at their first line, or hold memory from then on. */
const COUNTS_EARLY: ReadonlySet<string> = new Set(['munmap', 'shmdt', 'madvise', 'close', 'exit', 'exit_group', 'clone',
  'clone3', 'fork', 'vfork', 'execve', 'execveat', 'io_uring_register', 'vmsplice']);
/** So many lines after a first exit() without a word of its end, strace is taken not to tell of ends (-q=exit). */
const QUIET_LINES = 10_000;

/** Hears records as they become whole, and tells the story of what they did, in its order. */
export class Storyteller implements RecordSink {
  private readonly teller = new Teller();
  private readonly order = new InOrder<Step>((step) => this.tell(step));
  private readonly calls = new Map<string, { nr: number; line: number }>();
  private readonly unreadable: Doubt[] = [];
  /** Lines of exits for which it is open whether strace tells of the end as well. */
  private readonly leaving: number[] = [];
  private readonly exits = new Map<Task, { readonly line: number; readonly group: boolean }>();
  private tellsEnds = false;
  private isQuiet = false;

  constructor(private readonly name: string) {}

  private readonly doesNotRead = ({ line, message }: TraceError): void => {
    // What of a registration does not read is held unseen.
    if (/: (?:io_uring_register|vmsplice): /.test(message)) return;
    const what = `this call does not read: ${message.replace(/^\S+:\d+: /, '')}`;
    this.unreadable.push({ line, what, command: 'record again without -e raw' });
  };

  begun(line: number, name: string): void {
    if (COUNTS_EARLY.has(name)) this.order.hold(line);
  }

  named(pid: number): void {
    this.teller.rename(pid);
  }

  record(told: StraceRecord): void {
    const record = named(told);
    if (record.kind === 'exited' || record.kind === 'killed') this.tellsEnds = true;
    if (this.leaving.length > 0 && (this.tellsEnds || record.line > this.leaving[0] + QUIET_LINES)) {
      this.isQuiet = !this.tellsEnds;
      this.leave();
    }
    const step = stepOf(record, this.name, this.doesNotRead);
    this.order.release(record.line);
    if (step.call?.type === 'exit' && !this.tellsEnds && !this.isQuiet) {
      // It waits itself, and all that comes after it.
      this.leaving.push(record.line - 0.5);
      this.order.hold(record.line - 0.5);
    }
    this.order.add(step.at, step);
  }

  /** `reading` tells of what was only counted, and how long it was. */
  end({ counted, lines }: Pick<StraceReading, 'counted' | 'lines'>): Story {
    this.leave();
    this.order.flush();
    // Who was about to end when the recording did.
    for (const [task, { line, group }] of this.exits) exit(this.teller, task, line, group);
    for (const [name, { nr, line }] of counted) {
      const told = this.calls.get(name);
      this.calls.set(name, { nr: nr + (told?.nr ?? 0), line: Math.min(line, told?.line ?? line) });
    }
    const { tasks, mms, holds, unseen, forks, shared, stores, taken, faults, watched, transfers, doubts, refused,
      protections, under } = this.teller;
    return { tasks, mms, holds, unseen, forks, shared, stores, taken, faults, watched, transfers,
      doubts: [...this.unreadable, ...doubts], refused, calls: this.calls, protections, under,
      features: [...this.teller.features], lastLine: lines };
  }

  private leave(): void {
    for (const line of this.leaving.splice(0)) this.order.release(line);
    this.order.flush();
  }

  private tell(step: Step): void {
    const { record } = step;
    this.teller.clock.micros = record.startMicros;
    if (record.kind === 'syscall') this.look(record);
    // It was taken for gone at its exit().
    if (this.isQuiet && (record.kind === 'exited' || record.kind === 'killed')
      && this.teller.get(record.pid) === undefined
      && this.teller.tasks.some(({ pid }) => pid === record.pid)) return;
    const task = taskOf(this.teller, record, step.at);
    if (record.kind !== 'syscall') {
      if (record.kind !== 'signal') this.exits.delete(task);
      endOrSignal(this.teller, task, record);
    } else if (step.call?.type === 'exit') this.exit(task, record.line, step.call.group);
    else if (step.call !== null) carryOut(this.teller, task, record, step.call);
  }

  /** With -q=exit nothing else tells that it ended. */
  private exit(task: Task, line: number, group: boolean): void {
    if (this.tellsEnds) this.exits.set(task, { line, group });
    else exit(this.teller, task, line, group);
  }

  private look(record: SyscallRecord): void {
    const { line, name, args } = record;
    const seen = this.calls.get(name);
    if (seen === undefined) this.calls.set(name, { nr: 1, line });
    else seen.nr++;
    if (seen === undefined && !isSyscall(name)) {
      this.teller.doubt(line, `${name}() is no syscall that is known: the line may be damaged`, 'look at the line');
    }
    const expected = NUMBERS.get(name);
    if (!record.unfinished && expected !== undefined && args.length !== expected) {
      this.teller.doubt(line, `${name}() with ${args.length} arguments: the line may be damaged`, 'look at the line');
    }
  }
}

export function tellStory(reading: StraceReading): Story {
  const teller = new Storyteller(reading.name);
  for (const record of reading.records) {
    if (record.kind === 'syscall' && record.endLine > record.line) teller.begun(record.line, record.name);
  }
  const ended = (record: StraceRecord): number => (record.kind === 'syscall' ? record.endLine : record.line);
  for (const record of [...reading.records].sort((a, b) => ended(a) - ended(b))) teller.record(record);
  return teller.end(reading);
}

/** An old strace prints calls that it has no name for by their number; these are of x86-64 and arm64 alike. */
const BY_NUMBER: Readonly<Record<number, string>> = { 425: 'io_uring_setup', 426: 'io_uring_enter',
  427: 'io_uring_register', 435: 'clone3', 436: 'close_range', 437: 'openat2', 440: 'process_madvise' };

function named(record: StraceRecord): StraceRecord {
  if (record.kind !== 'syscall' || !record.name.startsWith('syscall_')) return record;
  const number = /^syscall_(0x[0-9a-f]+|\d+)$/.exec(record.name)?.[1];
  const name = number === undefined ? undefined : BY_NUMBER[Number(number)];
  return name === undefined ? record : { ...record, name, args: record.args.slice(0, ARGUMENTS[name]) };
}

function taskOf(teller: Teller, record: StraceRecord, line: number): Task {
  const known = teller.get(record.pid);
  if (known !== undefined) return known;
  const first = teller.tasks.length === 0 && record.kind === 'syscall';
  // A program begins with its execve(), or, if that is not in the set, with its loader's question for the break.
  const starts = first && (record.name.startsWith('execve')
    || (record.name === 'brk' && int(argument(record, 0)) === 0));
  return teller.root(record.pid, line, record.startMicros, starts ? 'started' : 'unseen');
}

function endOrSignal(teller: Teller, task: Task, record: Exclude<StraceRecord, SyscallRecord>): void {
  if (record.kind === 'exited') teller.end(task, record.line, 'exit');
  else if (record.kind === 'killed') {
    const told = teller.faults.some((fault) => fault.pid === task.pid && fault.signal === record.signal);
    if (!told && /^SIG(SEGV|BUS)$/.test(record.signal)) {
      teller.faults.push({ line: record.line, pid: task.pid, mm: task.mm, signal: record.signal, code: '',
        addr: null });
    }
    teller.end(task, record.line, 'exit');
  } else if (record.kind === 'signal' && (record.signal === 'SIGSEGV' || record.signal === 'SIGBUS')) {
    const code = record.info === null ? '' : textOf(field(record.info, 'si_code'));
    if (record.info?.kind === 'struct' && record.info.fields.some(({ name }) => name === null)) {
      teller.doubt(record.line,
        `the siginfo of this ${record.signal} has a part without a name: the line may be damaged`, 'look at the line');
    }
    // Sent by somebody, it tells nothing of memory.
    if (/SI_(USER|TKILL|QUEUE)/.test(code)) return;
    const addr = record.info === null ? null : int(field(record.info, 'si_addr'));
    teller.faults.push({ line: record.line, pid: task.pid, mm: task.mm, signal: record.signal, code, addr });
  } else if (record.kind === 'signal'
    && !/^SIG(RT|RT_?\w+|[A-Z]{2,6}\d?|RTMIN|RTMAX|VTALRM|STKFLT)$/.test(record.signal))
  {
    teller.doubt(record.line, `${record.signal} is no signal that is known: the line may be damaged`,
      'look at the line');
  }
}

function carryOut(teller: Teller, task: Task, record: SyscallRecord, call: MemoryCall): void {
  switch (call.type) {
    case 'clone':
      return clone(teller, task, call, record);
    case 'execve':
      return call.ok ? execve(teller, task, record.line) : undefined;
    case 'exit':
      return;
    case 'madvise':
      return madvise(teller, task, call);
    case 'ioUringSetup':
      return setupRing(teller, task, call, record);
    case 'vmsplice':
      return vmsplice(teller, task, record);
    case 'mmap':
      if (call.errno === null) mmap(teller, task, call);
      else refusedMapping(teller, task, call.line, 'mmap', call.errno);
      return driverCall(teller, task, record, pathOf(task, record, 4), '');
    case 'ioUringRegisterBuffers':
    case 'ioUringUnregisterBuffers':
    case 'ioUringCloneBuffers':
      return registerRing(teller, task, record);
    case 'dup':
      return duplicate(teller, task, record);
    default:
      if (call.type === 'other') return byName(teller, task, record);
      if (call.errno === null && call.returned) mapping(teller, task, call);
      else if (call.errno !== null) refusedMapping(teller, task, call.line, call.type, call.errno);
  }
}

function exit(teller: Teller, task: Task, line: number, group: boolean): void {
  const leaving = group ? [...teller.running].filter((other) => other.leader === task.leader) : [task];
  for (const one of leaving) teller.end(one, line, 'exit');
}

type Mapping = Exclude<MemoryCall, {
  type: 'clone' | 'execve' | 'exit' | 'madvise' | 'other' | 'ioUringSetup' | 'vmsplice' | 'mmap'
    | 'ioUringRegisterBuffers' | 'ioUringUnregisterBuffers' | 'ioUringCloneBuffers';
}>;

function mapping(teller: Teller, task: Task, call: Mapping): void {
  switch (call.type) {
    case 'munmap':
      return munmap(teller, task, call.line, pageOf(call.address), pageEnd(call.address, call.lengthBytes));
    case 'mremap':
      return mremap(teller, task, call);
    case 'brk':
      return brk(teller, task, call);
    case 'mprotect':
      return mprotect(task, call);
    case 'close':
      return teller.descriptors.close(task.files, call.fd, call.line);
    case 'memfdCreate':
      if (call.fd !== null) {
        teller.descriptors.open(task.files, call.fd, { kind: 'other', path: `/memfd:${call.name}`, line: call.line,
          cloexec: call.flags.includes('MFD_CLOEXEC') });
      }
      return;
    default:
  }
}

/** They may have acted although they failed. */
const ACTS_THOUGH_FAILED = /^(clone3?|madvise)$/;

/** So many arguments strace prints; another number is a damaged line. */
const ARGUMENTS: Readonly<Record<string, number>> = { madvise: 3, mmap: 6, munmap: 2, mprotect: 3, io_uring_register: 4,
  io_uring_setup: 2, vmsplice: 4, dup: 1, dup2: 2, close: 1, sendto: 6, sendmsg: 3, mlock: 2, process_vm_writev: 6,
  pread64: 4, read: 3, write: 3, userfaultfd: 1, fork: 0, vfork: 0, execve: 3, exit_group: 1 };
const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(ARGUMENTS));

/** Calls that no reader of `trace` knows. */
function byName(teller: Teller, task: Task, record: SyscallRecord): void {
  const act = ACTS[record.name];
  if (act !== undefined) act(teller, task, record);
  if (record.errno !== null && ACTS_THOUGH_FAILED.test(record.name)) {
    teller.doubt(record.line, `this ${record.name}(), which failed, does not read, and may have acted`,
      'look at the line');
  }
}

/** As strace prints requests: by name, by several names, by their parts, or as a number. */
const REQUEST =
  /^(?:[A-Z][A-Z0-9_]+(?: or [A-Z0-9_ or]+)?|_IOC?[RW]*\(.*\)|0x[0-9a-f]+|BTRFS_IOC_\w+.*|\w+(?:\|\w+)*)$/;
const UFFDIO =
  /^(?:UFFDIO_(?:API|REGISTER|UNREGISTER|WAKE|COPY|ZEROPAGE|WRITEPROTECT|CONTINUE|POISON|MOVE)|0x[0-9a-f]+)$/;

type Act = (teller: Teller, task: Task, record: SyscallRecord) => void;

const ACTS: Readonly<Record<string, Act | undefined>> = {
  io_uring_register: registerRing,
  vmsplice,
  open,
  openat: open,
  openat2: open,
  fcntl,
  fcntl64: fcntl,
  close_range: closeRange,
  ioctl(teller, task, record) {
    const request = textOf(argument(record, 1));
    const path = pathOf(task, record, 0);
    if (!REQUEST.test(request) || (/userfault/.test(path) && !UFFDIO.test(request))) {
      teller.doubt(record.line, `ioctl() with the request ${request || 'that does not read'}, which is not known`,
        'look at the line');
    }
    if (request.startsWith('UFFDIO_')) watch(teller, task, record, request);
    else driverCall(teller, task, record, path, requestOf(request));
  },
  userfaultfd(teller, task, record) {
    if (record.ret === null || record.errno !== null) return;
    teller.descriptors.open(task.files, record.ret, { kind: 'userfaultfd', path: 'anon_inode:[userfaultfd]',
      line: record.line, cloexec: textOf(argument(record, 0)).includes('O_CLOEXEC') });
    openWatcher(teller, task, record);
  },
  setsockopt(teller, task, record) {
    if (!/XDP_UMEM_REG/.test(textOf(argument(record, 2)))) return;
    const socket = intAt(record, 0) ?? -1;
    if (!task.files.has(socket)) {
      teller.descriptors.open(task.files, socket, { kind: 'other', path: '', line: record.line, cloexec: false });
    }
    driverCall(teller, task, record, '/dev/AF_XDP', 'XDP_UMEM_REG');
  },
  sendto: send,
  sendmsg(teller, task, record) {
    passDescriptors(task, record);
    send(teller, task, record);
  },
  sendmmsg: send,
  recvmsg: receive,
  io_submit: submit,
  io_getevents: reap,
  io_pgetevents: reap,
  process_vm_writev: (teller, _, record) => writeOther(teller, record),
  ptrace: (teller, _, record) => poke(teller, record),
  mlock: lock,
  mlock2: lock,
  mlockall: lock,
  ...Object.fromEntries(
    ['read', 'pread64', 'readv', 'preadv', 'preadv2', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'].map((
      name,
    ) => [name, transfer]),
  ),
};
