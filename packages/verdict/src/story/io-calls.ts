/** Calls that move data, or that write memory for somebody: only those that can meet a fork() matter here. */
import { flagNames, MSG, OPEN, type SyscallRecord } from '@cowlab/trace';
import { pageEnd, pageOf, type Task } from './entities.ts';
import { driverCall, pathOf } from './holding-calls.ts';
import { store } from './memory-calls.ts';
import type { Teller } from './teller.ts';
import { argument, intAt, iovecsAt, pathAt, stringAt, succeeded, textOf } from './values.ts';

const flagsAt = (record: SyscallRecord, at: number, table: typeof OPEN): readonly string[] => {
  const value = argument(record, at);
  return (value === null ? null : flagNames(value, table)) ?? [];
};

export function open(teller: Teller, task: Task, record: SyscallRecord): void {
  if (!succeeded(record) || record.ret === null) return;
  const at = record.name === 'open' ? 0 : 1;
  const path = record.retPath ?? stringAt(record, at);
  const flags = record.name === 'openat2'
    ? [...textOf(argument(record, 2)).matchAll(/O_\w+/g)].map(([name]) => name)
    : flagsAt(record, at + 1, OPEN);
  const direct = flags.includes('O_DIRECT');
  teller.descriptors.open(task.files, record.ret, {
    kind: direct ? 'direct' : path.startsWith('/dev/') ? 'device' : 'other',
    path,
    line: record.line,
    cloexec: flags.includes('O_CLOEXEC'),
  });
}

export function duplicate(teller: Teller, task: Task, record: SyscallRecord): void {
  if (!succeeded(record) || record.ret === null) return;
  const from = intAt(record, 0);
  if (from === null || from === record.ret) return;
  let file = task.files.get(from);
  if (file === undefined && pathAt(record, 0).includes('[io_uring]')) {
    file = teller.descriptors.open(task.files, from, { kind: 'ring', path: pathAt(record, 0), line: record.line,
      cloexec: true });
  }
  if (file !== undefined) teller.descriptors.put(task.files, record.ret, file, record.endLine);
}

export function fcntl(teller: Teller, task: Task, record: SyscallRecord): void {
  const command = textOf(argument(record, 1));
  if (/F_DUPFD|^0x0$|^0x406$/.test(command)) duplicate(teller, task, record);
  if (!/F_SETFL|^0x4$/.test(command) || !flagsAt(record, 2, OPEN).includes('O_DIRECT')) return;
  teller.descriptors.open(task.files, intAt(record, 0) ?? -1, { kind: 'direct', path: pathOf(task, record, 0),
    line: record.line, cloexec: false });
}

export function closeRange(teller: Teller, task: Task, record: SyscallRecord): void {
  const [first, last] = [intAt(record, 0), intAt(record, 1)];
  if (!succeeded(record) || first === null || last === null || textOf(argument(record, 2)).includes('CLOEXEC')) return;
  for (const fd of [...task.files.keys()])
    if (fd >= first && fd <= last) teller.descriptors.close(task.files, fd, record.line);
}

/** A descriptor that goes over a socket keeps its file alive wherever it arrives: nothing of the recording ends it. */
export function passDescriptors(task: Task, record: SyscallRecord): void {
  const text = textOf(argument(record, 1));
  for (const [, list] of text.matchAll(/SCM_RIGHTS[^=]*.*?cmsg_data=([^}]*)/g)) {
    for (const [fd] of list.matchAll(/\d+/g)) {
      const file = task.files.get(Number(fd));
      if (file !== undefined) file.refs++;
    }
  }
}

/** read() and its kin on a file opened with O_DIRECT: the device writes into the program's pages while it lasts. */
export function transfer(teller: Teller, task: Task, record: SyscallRecord): void {
  const fd = intAt(record, 0) ?? -1;
  const file = task.files.get(fd);
  if (/infiniband/.test(pathOf(task, record, 0))) driverCall(teller, task, record, pathOf(task, record, 0), 'write()');
  const memory = /^\/proc\/(\d+|self)\/(task\/\d+\/)?mem$/.exec(pathOf(task, record, 0));
  if (memory !== null && /^p?write/.test(record.name)) return writeMemory(teller, task, record, memory[1]);
  if (file?.kind !== 'direct') return;
  const bytes = record.ret ?? intAt(record, 2);
  const address = intAt(record, 1);
  teller.transfers.push({ line: record.line, micros: record.startMicros,
    endLine: record.unfinished ? Infinity : record.endLine, pid: task.pid, mm: task.mm, call: record.name, bytes,
    address: address === 0 ? null : address });
}

function writeMemory(teller: Teller, task: Task, record: SyscallRecord, pid: string): void {
  const target = pid === 'self' ? task : teller.get(Number(pid));
  const at = record.name.includes('64') ? intAt(record, 3) : null;
  if (target === undefined || !succeeded(record)) return;
  if (at === null) {
    teller.doubt(record.line, `/proc/${pid}/mem is written at an address that is not printed`,
      'record with strace -e trace=pwrite64,lseek');
  } else store(teller, target, record.line, pageOf(at), pageEnd(at, record.ret ?? 1), 'a write to /proc/PID/mem');
}

/** Linux' own asynchronous I/O: it goes on behind io_submit(). */
export function submit(teller: Teller, task: Task, record: SyscallRecord): void {
  if (!succeeded(record) || ![...task.files.values()].some(({ kind }) => kind === 'direct')) return;
  teller.transfers.push({ line: record.line, micros: record.startMicros, endLine: Infinity, pid: task.pid, mm: task.mm,
    call: 'io_submit', bytes: null, address: null });
}

export function reap(teller: Teller, task: Task, record: SyscallRecord): void {
  const open = teller.transfers.findIndex((one) =>
    one.mm === task.mm && one.call === 'io_submit' && one.endLine === Infinity
  );
  if (open >= 0 && succeeded(record) && (record.ret ?? 0) > 0) {
    teller.transfers[open] = { ...teller.transfers[open], endLine: record.endLine };
  }
}

export function send(teller: Teller, task: Task, record: SyscallRecord): void {
  const at = record.name === 'sendto' ? 3 : record.name === 'sendmmsg' ? 3 : 2;
  if (!succeeded(record) || !flagsAt(record, at, MSG).includes('MSG_ZEROCOPY')) return;
  const bytes = record.ret ?? 0;
  const socket = intAt(record, 0) ?? -1;
  const known = task.files.get(socket)
    ?? teller.descriptors.open(task.files, socket, { kind: 'other', path: pathAt(record, 0), line: record.line,
      cloexec: false });
  teller.unseen.push({
    what: `${
      bytes.toLocaleString('en')
    } bytes were lent to a socket at line ${record.line} (MSG_ZEROCOPY), and no completion is seen`,
    command: 'add recvmsg to the set: it fetches completions (MSG_ERRQUEUE); and wait for them before fork()',
    mm: task.mm,
    pid: task.pid,
    lines: [record.line],
    by: known,
    bytes,
    endLine: null,
    readsOnly: true,
    mappedOnly: false,
  });
}

export function receive(teller: Teller, task: Task, record: SyscallRecord): void {
  if (!succeeded(record) || !textOf(argument(record, 2)).includes('MSG_ERRQUEUE')) return;
  const file = task.files.get(intAt(record, 0) ?? -1);
  for (const one of teller.unseen) if (one.readsOnly && one.by === file) one.endLine ??= record.endLine;
}

/** The kernel writes another process's memory: whoever shares a page there loses it to a copy. */
export function writeOther(teller: Teller, record: SyscallRecord): void {
  const target = teller.get(intAt(record, 0) ?? -1);
  if (!succeeded(record) || target === undefined) return;
  for (const { base, lengthBytes } of iovecsAt(record, 3)) {
    if (base !== null && lengthBytes > 0)
      store(teller, target, record.line, pageOf(base), pageEnd(base, lengthBytes), 'process_vm_writev()');
  }
}

export function poke(teller: Teller, record: SyscallRecord): void {
  if (!succeeded(record) || !/PTRACE_POKE(TEXT|DATA)|^0x[45]$/.test(textOf(argument(record, 0)))) return;
  const target = teller.get(intAt(record, 1) ?? -1);
  const addr = intAt(record, 2);
  if (target !== undefined && addr !== null)
    store(teller, target, record.line, pageOf(addr), pageEnd(addr, 8), 'ptrace(PTRACE_POKEDATA)');
}

/** mlock() and mlockall(MCL_CURRENT) fault in what is private and writable as if it were written. */
export function lock(teller: Teller, task: Task, record: SyscallRecord): void {
  // RLIMIT_MEMLOCK refuses it before anything is faulted in; a gap stops it on the way.
  const acted = succeeded(record) || record.errno === 'ENOMEM' || record.errno === 'EAGAIN';
  if (!acted) return;
  if (record.name === 'mlockall') {
    const flags = textOf(argument(record, 0));
    if (!/MCL_CURRENT|^0x[1357]$/.test(flags) || /MCL_ONFAULT|^0x[4567]$/.test(flags)) return;
    for (const { start, end, value } of task.mm.vmas.all) {
      if (!value.shared && value.writable) store(teller, task, record.line, start, end, 'mlockall()');
    }
    return;
  }
  if (record.name === 'mlock2' && /ONFAULT|^0x1$/.test(textOf(argument(record, 2)))) return;
  const [addr, bytes] = [intAt(record, 0), intAt(record, 1)];
  if (addr === null || bytes === null) return;
  if (succeeded(record)) store(teller, task, record.line, pageOf(addr), pageEnd(addr, bytes), `${record.name}()`);
  else teller.doubt(record.line,
      `${record.name}() failed with ${record.errno} after it may have broken COW in a part of its range`,
      'look at RLIMIT_MEMLOCK and at what is mapped there');
}
