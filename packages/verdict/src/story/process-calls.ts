/** Calls that make and end processes. */
import type { MemoryCall, SyscallRecord } from '@cowlab/trace';
import type { Hole, Mm, Task } from './entities.ts';
import { PAGE } from './entities.ts';
import { mappingsOf } from './mappings.ts';
import type { Teller } from './teller.ts';

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

/** Flags of clone() that exist; what else is printed is damage, or newer than we are. */
const FLAG = /^(CLONE_\w+|SIG[A-Z]+\d*|SIGRT_?\d*|\d+|0x[0-9a-f]+)$/;
const CLONE_FLAGS = new Set(`VM FS FILES SIGHAND PIDFD PTRACE VFORK PARENT THREAD NEWNS SYSVSEM SETTLS PARENT_SETTID
  CHILD_CLEARTID DETACHED UNTRACED CHILD_SETTID NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET IO CLEAR_SIGHAND
  INTO_CGROUP NEWTIME`.trim().split(/\s+/).map((name) => `CLONE_${name}`));

export function clone(teller: Teller, task: Task, call: CallOf<'clone'>, record: SyscallRecord): void {
  const odd = call.flags.find((flag) => !FLAG.test(flag) || (flag.startsWith('CLONE_') && !CLONE_FLAGS.has(flag)));
  if (odd !== undefined)
    teller.doubt(call.line, `${call.syscall}() with the flag ${odd}, which is not known`, 'look at the line');
  if (call.cloneVm) return share(teller, task, call);
  if (call.child === null) {
    if (record.errno === null && !record.unfinished) return;
    // Only what is refused late has copied the address space by then.
    if (record.errno !== null && !/^(EAGAIN|ENOMEM|ERESTARTNOINTR|EINTR)$/.test(record.errno)) return;
    fork(teller, task, call, null, record.errno);
    return;
  }
  const child = fork(teller, task, call, call.child, null);
  const files = call.flags.includes('CLONE_FILES') ? task.files : teller.descriptors.copy(task.files);
  teller.add({ pid: call.child, mm: child, files, leader: call.child, bornLine: call.line, bornMicros: call.startMicros,
    birth: 'cloned', endLine: null });
}

function share(teller: Teller, task: Task, call: CallOf<'clone'>): void {
  const { line, syscall, flags, thread, child } = call;
  teller.shared.push({ line, pid: task.pid, child, flags, thread, parent: task.mm, syscall });
  if (child === null) return;
  const files = flags.includes('CLONE_FILES') ? task.files : teller.descriptors.copy(task.files);
  teller.add({ pid: child, mm: task.mm, files, leader: thread ? task.leader : child, bornLine: line,
    bornMicros: call.startMicros, birth: 'cloned', endLine: null });
}

/** @kernel kernel/fork.c dup_mmap() */
function fork(
  teller: Teller,
  { mm, pid }: Task,
  call: CallOf<'clone'>,
  child: number | null,
  failed: string | null,
): Mm {
  const { line, syscall } = call;
  const holes: Hole[] = mm.vmas.all.flatMap(({ start, end, value: { advice } }) =>
    advice?.kind === 'dontfork'
      ? [{ start, end, line: advice.line, failed: advice.failed, forkLine: line, parent: mm }]
      : []
  );
  const copy = teller.newMm({ pid: child ?? 0, bornLine: line, unknownPast: mm.unknownPast, parent: mm,
    holes: [...mm.holes, ...holes] }, mm.vmas.copy(({ advice }) => advice?.kind !== 'dontfork'));
  copy.brk = mm.brk;
  for (const ring of mm.rings) {
    if (child === null) break;
    ring.file.refs++;
    copy.rings.push(ring);
  }
  const copied = mm.vmas.all.filter(({ value }) => !value.shared && value.advice?.kind !== 'dontfork');
  teller.forks.push({ id: teller.forks.length, line, micros: call.startMicros, pid, child, parent: mm,
    mm: child === null ? null : copy, failed,
    threads: teller.threadsOf(mm).map((thread) => thread.pid).filter((other) => other !== pid), syscall,
    mappings: mappingsOf(mm), tables: tablesOf(copied),
    bytes: copied.reduce((sum, { start, end }) => sum + (end - start) * PAGE, 0) });
  for (const hold of teller.holds) {
    if (hold.mm === mm && hold.endLine === null)
      teller.under.set(`${teller.forks.length - 1} ${hold.id}`, mm.vmas.within(hold.start, hold.end));
  }
  return copy;
}

/** A page table of the lowest level maps so much. */
const TABLE_PAGES = 512;

/** At most, if all of it was touched; two mappings may lie in one table. */
function tablesOf(copied: readonly { readonly start: number; readonly end: number }[]): number {
  let [sum, last] = [0, -1];
  for (const { start, end } of copied) {
    const first = Math.max(last + 1, Math.floor(start / TABLE_PAGES));
    last = Math.max(last, Math.floor((end - 1) / TABLE_PAGES));
    sum += Math.max(0, last - first + 1);
  }
  return sum;
}

/** The other threads end, and the caller goes on under the leader's pid in a new mm. @kernel fs/exec.c begin_new_exec() */
export function execve(teller: Teller, task: Task, line: number): void {
  const others = teller.threadsOf(task.mm).filter((other) => other !== task && other.leader === task.leader);
  for (const other of others) teller.end(other, line, 'exit');
  const shares = [...teller.running].some((other) => other !== task && other.files === task.files);
  const files = shares ? teller.descriptors.copy(task.files) : task.files;
  teller.end(task, line, 'execve');
  teller.descriptors.closeOnExec(files, line);
  const mm = teller.newMm({ pid: task.leader, bornLine: line, unknownPast: false, parent: null, holes: [] });
  teller.add({ ...task, pid: task.leader, mm, files, endLine: null });
}
