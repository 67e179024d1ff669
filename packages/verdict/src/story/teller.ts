/** Walks a recording line by line and keeps the books: see entities.ts for what comes of it. */
import { callOf, type MemoryCall, type StraceRecord, type SyscallRecord, type TraceError } from '@cowlab/trace';
import { Descriptors } from './descriptors.ts';
import type { Description, Doubt, Fault, Files, Fork, Hold, Mm, Shared, Store, Story, Taken, Task, Transfer, UnseenHold,
  Vma, Watched } from './entities.ts';
import { type Interval, Intervals } from './intervals.ts';
import { alike } from './mappings.ts';

/** A record with the line at which it counts; see `interpret` in trace. */
export type Step =
  | { readonly at: number; readonly record: SyscallRecord; readonly call: MemoryCall }
  | { readonly at: number; readonly record: Exclude<StraceRecord, SyscallRecord>; readonly call: null };

export function stepOf(record: StraceRecord, name: string, unreadable: (error: TraceError) => void): Step {
  if (record.kind !== 'syscall') return { at: record.line, record, call: null };
  // Most lines of a recording shape no mm: they have no reader, and need none.
  if (UNMINDED.has(record.name)) return { at: record.endLine, record, call: otherCall(record) };
  const call = callOf(record, name, unreadable);
  return { at: call.atLine, record, call };
}

const UNMINDED: ReadonlySet<string> = new Set(['futex', 'epoll_wait', 'epoll_pwait', 'poll', 'ppoll', 'recvfrom',
  'fstat', 'newfstatat', 'lseek', 'rt_sigaction', 'rt_sigprocmask', 'clock_nanosleep', 'getpid', 'gettid',
  'sched_yield', 'wait4']);

function otherCall({ pid, line, startMicros, endMicros, endLine, errno, ret, name }: SyscallRecord): MemoryCall {
  return { pid, line, startMicros, endMicros, atLine: endLine, atMicros: endMicros ?? startMicros, errno,
    returned: ret !== null, type: 'other', name };
}

export class Teller {
  /** Of the record that is told. */
  readonly clock = { micros: 0 };
  readonly tasks: Task[] = [];
  readonly mms: Mm[] = [];
  readonly holds: Hold[] = [];
  /** Those of them that nothing has ended yet, and some that something has. */
  private held: Hold[] = [];
  readonly unseen: UnseenHold[] = [];
  readonly forks: Fork[] = [];
  readonly shared: Shared[] = [];
  readonly stores: Store[] = [];
  readonly taken: Taken[] = [];
  readonly faults: Fault[] = [];
  readonly watched: Watched[] = [];
  readonly transfers: Transfer[] = [];
  readonly doubts: Doubt[] = [];
  readonly refused: Story['refused'][number][] = [];
  readonly protections: Story['protections'][number][] = [];
  readonly under = new Map<string, readonly Interval<Vma>[]>();
  readonly features = new Set<string>();
  readonly descriptors = new Descriptors((file, line, how) => this.released(file, line, how));
  private readonly live = new Map<number, Task>();
  private readonly users = new Map<Files, number>();
  private readonly sharers = new Map<Mm, number>();

  get(pid: number): Task | undefined {
    return this.live.get(pid);
  }

  get running(): Iterable<Task> {
    return this.live.values();
  }

  threadsOf(mm: Mm): Task[] {
    return [...this.live.values()].filter((task) => task.mm === mm);
  }

  /** A task that no call of the recording made. */
  root(pid: number, line: number, micros: number, birth: 'started' | 'unseen'): Task {
    const mm = this.newMm({ pid, bornLine: line, unknownPast: birth === 'unseen', parent: null, holes: [] });
    return this.add({ pid, mm, files: new Map(), leader: pid, bornLine: line, bornMicros: micros, birth,
      endLine: null });
  }

  /** The first process, which had the number 0 until its own was known. */
  rename(main: number): void {
    const lists: readonly (readonly { readonly pid: number }[])[] = [this.tasks, this.mms, this.holds, this.unseen,
      this.forks, this.shared, this.stores, this.faults, this.transfers];
    for (const list of lists) for (const one of list) if (one.pid === 0) Object.assign(one, { pid: main });
    for (const task of this.tasks) if (task.leader === 0) Object.assign(task, { leader: main });
    for (const { threads } of this.forks) if (threads.includes(0)) threads.splice(threads.indexOf(0), 1, main);
    const task = this.live.get(0);
    if (task === undefined) return;
    this.live.delete(0);
    this.live.set(main, task);
  }

  add(task: Task): Task {
    this.live.set(task.pid, task);
    this.tasks.push(task);
    this.users.set(task.files, (this.users.get(task.files) ?? 0) + 1);
    this.sharers.set(task.mm, (this.sharers.get(task.mm) ?? 0) + 1);
    return task;
  }

  newMm(
    fields: Pick<Mm, 'pid' | 'bornLine' | 'unknownPast' | 'parent' | 'holes'>,
    vmas: Mm['vmas'] = new Intervals(alike),
  ): Mm {
    const mm: Mm = { ...fields, id: this.mms.length, vmas, rings: [], brk: null, endLine: null, end: null,
      peak: { nr: 0, line: fields.bornLine }, ledger: [], clock: this.clock };
    this.mms.push(mm);
    return mm;
  }

  end(task: Task, line: number, how: 'exit' | 'execve'): void {
    if (task.endLine !== null) return;
    task.endLine = line;
    if (this.live.get(task.pid) === task) this.live.delete(task.pid);
    const sharers = (this.sharers.get(task.mm) ?? 1) - 1;
    this.sharers.set(task.mm, sharers);
    if (sharers === 0) this.endMm(task.mm, line, how);
    const users = (this.users.get(task.files) ?? 1) - 1;
    this.users.set(task.files, users);
    if (users === 0 && how === 'exit') this.descriptors.closeAll(task.files, line, 'exit');
  }

  hold(hold: Hold): void {
    this.holds.push(hold);
    this.held.push(hold);
  }

  /** What holds memory there now. */
  heldIn(mm: Mm, start: number, end: number): readonly Hold[] {
    let found: Hold[] | null = null;
    let ended = 0;
    for (const hold of this.held) {
      if (hold.endLine !== null) ended++;
      else if (hold.mm === mm && hold.start < end && start < hold.end) (found ??= []).push(hold);
    }
    if (ended > this.held.length / 2) this.held = this.held.filter(({ endLine }) => endLine === null);
    return found ?? NOTHING;
  }

  doubt(line: number, what: string, command: string): void {
    this.doubts.push({ line, what, command });
  }

  /** An mm whose last task is gone holds nothing that anybody could miss. */
  private endMm(mm: Mm, line: number, how: 'exit' | 'execve'): void {
    mm.endLine = line;
    mm.end = how;
    for (const hold of this.held) if (hold.mm === mm) endHold(hold, line, how === 'exit' ? 'exit' : 'execve()');
    for (const hold of this.unseen) if (hold.mm === mm) hold.endLine ??= line;
    for (const one of this.watched) if (one.mm === mm) one.endLine ??= line;
    for (const ring of mm.rings.splice(0)) this.descriptors.drop(ring.file, line, 'its last mapping went');
  }

  private released(file: Description, line: number, how: string): void {
    for (const hold of this.held) if (hold.by === file) endHold(hold, line, how);
    for (const hold of this.unseen) if (hold.by === file) hold.endLine ??= line;
    for (const one of this.watched) if (one.by === file) one.endLine ??= line;
  }
}

const NOTHING: readonly Hold[] = [];

export function endHold(hold: Hold, line: number, how: string): void {
  if (hold.endLine !== null) return;
  hold.endLine = line;
  hold.endBy = how;
}
