/** Calls that hand memory to the kernel or a driver for longer than the call, and those that take it back. */
import { field, IORING_REGISTER, iovecsIn, type MemoryCall, type SyscallRecord, valueName } from '@cowlab/trace';
import { driverOf, registers } from './drivers.ts';
import { type Description, type Hold, pageEnd, pageOf, type Task, type UnseenHold } from './entities.ts';
import { heldIn, reveal, store } from './memory-calls.ts';
import { endHold, type Teller } from './teller.ts';
import { argument, fieldInt, intAt, pathAt, succeeded, textOf } from './values.ts';

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

export const NEWER = 'record with a newer strace (6.9 prints it), or read the array with gdb or bpftrace';

export function setupRing(teller: Teller, task: Task, call: CallOf<'ioUringSetup'>, record: SyscallRecord): void {
  if (call.fd === null) return;
  const params = argument(record, 1);
  const features = params === null ? null : field(params, 'features');
  if (features !== null) { for (const name of textOf(features).split('|')) teller.features.add(name); }
  const file = teller.descriptors.open(task.files, call.fd, { kind: 'ring', path: 'anon_inode:[io_uring]',
    line: call.line, cloexec: true });
  if (!call.setup.includes('IORING_SETUP_NO_MMAP')) return;
  teller.unseen.push(
    hold(task, call.line,
      `the ring of line ${call.line} lives in pages of the program (IORING_SETUP_NO_MMAP), whose addresses strace does not print`,
      'read io_uring_params with gdb, or with strace -e raw=io_uring_setup and bpftrace', file),
  );
}

function hold(task: Task, line: number, what: string, command: string, by: Description | null): UnseenHold {
  return { what, command, mm: task.mm, pid: task.pid, lines: [line], by, bytes: null, endLine: null, readsOnly: false,
    mappedOnly: false, shown: [] };
}

/** A ring that was made before the recorder came is taken over as it is met. */
function ringAt(teller: Teller, task: Task, fd: number, line: number): Description {
  const known = task.files.get(fd);
  if (known?.kind === 'ring') return known;
  return teller.descriptors.open(task.files, fd, { kind: 'ring', path: 'anon_inode:[io_uring]', line, cloexec: true });
}

const HARMLESS_OPCODE =
  /^IORING_(UN)?REGISTER_(FILES2?|FILES_UPDATE2?|EVENTFD(_ASYNC)?|PROBE|PERSONALITY|RESTRICTIONS|ENABLE_RINGS|IOWQ_AFF|IOWQ_MAX_WORKERS|SYNC_CANCEL|FILE_ALLOC_RANGE|PBUF_STATUS|NAPI|CLOCK|SEND_MSG_RING)$/;

export function registerRing(teller: Teller, task: Task, record: SyscallRecord): void {
  const { line, endLine } = record;
  const opcode = argument(record, 1);
  const names = opcode === null ? [] : (valueName(opcode, IORING_REGISTER) ?? '').split('|');
  const raw = opcode?.kind === 'int' ? opcode.value : null;
  const throughIndex = (raw !== null && raw >= 2 ** 31) || names.includes('IORING_REGISTER_USE_REGISTERED_RING');
  const name = raw !== null && raw >= 2 ** 31
    ? (IORING_REGISTER[raw - 2 ** 31] ?? `opcode ${raw - 2 ** 31}`)
    : (names.find((one) => one !== 'IORING_REGISTER_USE_REGISTERED_RING') ?? '');
  const ret = record.errno === null ? record.ret : null;
  if (ret === null && !record.unfinished) return;
  const seen = iovecsIn(argument(record, 2) ?? { kind: 'null' });
  const fd = intAt(record, 0) ?? -1;
  const ring = throughIndex ? null : ringAt(teller, task, fd, line);
  if (/REGISTER_(BUFFERS2?|BUFFERS_UPDATE)$/.test(name) && !name.includes('UNREGISTER')) {
    return registerBuffers(teller, task, record, { name, ring, seen, throughIndex });
  }
  if (name === 'IORING_UNREGISTER_BUFFERS') {
    for (const one of teller.holds)
      if (one.by === ring && ring !== null) endHold(one, line, 'IORING_UNREGISTER_BUFFERS');
    for (const one of teller.unseen) if (one.by === ring && ring !== null) one.endLine ??= line;
    return;
  }
  if (name === 'IORING_REGISTER_CLONE_BUFFERS' && ring !== null) return cloneBuffers(teller, task, endLine, ring);
  if (/REGISTER_(PBUF_RING|ZCRX_IFQ|MEM_REGION|RESIZE_RINGS)$/.test(name) && !name.includes('UNREGISTER')) {
    teller.unseen.push(
      hold(task, line, `a ring was given memory at line ${line} (${name}), whose address strace does not print`, NEWER,
        ring),
    );
    return;
  }
  if (/(UN)?REGISTER_RING_FDS$/.test(name) || HARMLESS_OPCODE.test(name)
    || /UNREGISTER_(PBUF_RING|NAPI)$/.test(name)) return;
  teller.unseen.push(
    hold(task, line,
      `io_uring_register() at line ${line} has the opcode ${
        name || 'that strace does not name'
      }, which is not known: it may register buffers`, NEWER, ring),
  );
}

interface Registering {
  readonly name: string;
  readonly ring: Description | null;
  readonly seen: ReturnType<typeof iovecsIn>;
  readonly throughIndex: boolean;
}

function registerBuffers(
  teller: Teller,
  task: Task,
  record: SyscallRecord,
  { name, ring, seen, throughIndex }: Registering,
): void {
  const { line, endLine } = record;
  const update = argument(record, 2);
  const nr = /2$|UPDATE$/.test(name) ? fieldInt(update, 'nr') : intAt(record, 3);
  const offset = name.endsWith('UPDATE') ? (fieldInt(update, 'offset') ?? 0) : 0;
  const sparse = update !== null && field(update, 'data')?.kind === 'null';
  const addressed = seen.filter(({ base, lengthBytes }) => base !== null && base > 0 && lengthBytes > 0);
  const missing = seen.filter(({ base, lengthBytes }) => base === null && lengthBytes > 0).length
    + (nr === null ? (seen.length === 0 ? 1 : 0) : Math.max(0, nr - seen.length));
  if (record.unfinished || (missing > 0 && !sparse)) {
    const what = record.unfinished
      ? `nobody saw the registration of line ${line} return: buffers may be held`
      : `a ring registered buffers at line ${line}; strace prints ${
        throughIndex && seen.length === 0 ? 'neither the opcode nor the addresses' : 'not all of their addresses'
      }`;
    teller.unseen.push(
      hold(task, line, what, throughIndex ? NEWER : 'record with strace -v, which abbreviates nothing', ring),
    );
  }
  if (record.unfinished) return;
  const inSlot = new Map(ring === null
    ? []
    : teller.holds.filter((one) => one.by === ring && one.endLine === null).map((one) => [one.slot, one] as const));
  seen.forEach(({ base, lengthBytes }, index) => {
    const slot = offset + index;
    const before = inSlot.get(slot);
    if (before !== undefined) endHold(before, endLine, 'another buffer took its slot');
    if (base === null || base === 0 || lengthBytes === 0) return;
    take(teller, task, { kind: 'io_uring', line: endLine, base, bytes: lengthBytes, slot, by: ring });
  });
  if (addressed.length === 0 && nr === 0 && !sparse) return;
}

function take(
  teller: Teller,
  task: Task,
  fields: Pick<Hold, 'kind' | 'line' | 'base' | 'bytes' | 'slot' | 'by'>,
): void {
  const [start, end] = [pageOf(fields.base), pageEnd(fields.base, fields.bytes)];
  reveal(task.mm, task.mm.vmas.gaps(start, end));
  // A pin for writing breaks COW first: what held these pages before may hold others from now on.
  if (fields.kind === 'io_uring' && heldIn(teller, task.mm, start, end).length > 0) {
    store(teller, task, fields.line, start, end, 'a second registration');
  }
  teller.hold({ ...fields, id: teller.holds.length, pid: task.pid, mm: task.mm, start, end, unmappedLine: null,
    endLine: null, endBy: null });
}

/** The kernel takes another reference to each buffer; which ring it takes them from, strace does not print. */
function cloneBuffers(teller: Teller, task: Task, line: number, ring: Description): void {
  const sources = teller.holds.filter((one) =>
    one.mm === task.mm && one.kind === 'io_uring' && one.endLine === null
    && one.by !== ring
  );
  for (const one of sources) {
    teller.hold({ ...one, id: teller.holds.length, line, by: ring });
  }
  if (sources.length === 0) {
    teller.unseen.push(
      hold(task, line,
        `a ring took over the buffers of another at line ${line} (IORING_REGISTER_CLONE_BUFFERS); those are not in the recording`,
        NEWER, ring),
    );
  }
}

export function vmsplice(teller: Teller, task: Task, record: SyscallRecord): void {
  const ret = record.errno === null ? record.ret : null;
  if (ret === null || ret === 0) return;
  const iovecs = iovecsIn(argument(record, 1) ?? { kind: 'null' });
  const { line, endLine } = record;
  const shown = iovecs.filter(({ base }) => base !== null && base > 0);
  const pipe = task.files.get(intAt(record, 0) ?? -1) ?? null;
  for (const { base, lengthBytes } of shown) {
    if (base !== null && lengthBytes > 0)
      take(teller, task, { kind: 'vmsplice', line: endLine, base, bytes: lengthBytes, slot: 0, by: pipe });
  }
  if (shown.length === iovecs.length && iovecs.length > 0) return;
  teller.unseen.push({
    ...hold(task, line,
      `${
        ret.toLocaleString('en')
      } bytes were given to a pipe by reference at line ${line}; their addresses are not printed`,
      'gdb or bpftrace can show them: -e raw=vmsplice prints only the address of the array', pipe),
    bytes: ret,
  });
}

/** Whatever a call tells a driver; which memory it means, strace does not print. */
export function driverCall(teller: Teller, task: Task, record: SyscallRecord, path: string, request: string): void {
  const driver = driverOf(path, request);
  if (driver === null || (!succeeded(record) && !record.unfinished)) return;
  const register = registers(driver, request);
  const file = task.files.get(intAt(record, record.name === 'mmap' ? 4 : 0) ?? -1) ?? null;
  const what = register === null ? driver.name : `${driver.name} by ${register}`;
  // What is registered goes with the file it was registered by; a dma-buf lives on by a descriptor of its own.
  const by = driver.name === 'a dma-buf driver' ? null : file;
  const known = teller.unseen.find((one) =>
    one.what === what && one.by === by && one.mm === task.mm && one.endLine === null
  );
  const isMapping = record.name === 'mmap';
  const shown = register === null ? null : regionIn(record);
  if (known === undefined) {
    teller.unseen.push({ ...hold(task, record.line, what, driver.command, by), mappedOnly: isMapping,
      shown: shown === null ? [] : [shown] });
  } else if (!isMapping) {
    if (known.mappedOnly) known.lines.splice(0);
    known.mappedOnly = false;
    known.lines.push(record.line);
    if (shown !== null) known.shown.push(shown);
  }
}

/** Some requests strace prints with the memory that they name. */
function regionIn(record: SyscallRecord): { readonly base: number; readonly bytes: number } | null {
  const [base, bytes] = [fieldInt(argument(record, 2), 'userspace_addr'), fieldInt(argument(record, 2), 'memory_size')];
  return base === null || bytes === null || bytes === 0 ? null : { base, bytes };
}

/** Until an ioctl() on it is seen, what it watches is not known. */
export function openWatcher(teller: Teller, task: Task, record: SyscallRecord): void {
  const by = task.files.get(record.ret ?? -1) ?? null;
  teller.unseen.push(
    hold(task, record.line, `userfaultfd was opened at line ${record.line}, and what it watches is not recorded`,
      'add ioctl to the set', by),
  );
}

export function watch(teller: Teller, task: Task, record: SyscallRecord, request: string): void {
  const fd = intAt(record, 0) ?? -1;
  const by = task.files.get(fd) ?? null;
  for (const one of teller.unseen)
    if (by !== null && one.by === by && one.what.startsWith('userfaultfd was opened')) one.endLine ??= record.line;
  const range = argument(record, 2);
  const of = range === null ? null : (field(range, 'range') ?? range);
  const [start, length] = [fieldInt(of, 'start'), fieldInt(of, 'len')];
  if (request.startsWith('UFFDIO_REGISTER') && succeeded(record)) {
    if (start === null || length === null) {
      teller.unseen.push(
        hold(task, record.line, `userfaultfd watches memory from line ${record.line} on, whose address is not printed`,
          'record with strace -v', by),
      );
    } else {
      teller.watched.push({ line: record.line, mm: task.mm, start: pageOf(start), end: pageEnd(start, length),
        lines: [], by, endLine: null });
    }
    return;
  }
  for (const one of teller.watched) {
    if (one.by !== by || one.endLine !== null) continue;
    if (request.startsWith('UFFDIO_UNREGISTER')) one.endLine = record.line;
    else one.lines.push(record.line);
  }
}

export const pathOf = (task: Task, record: SyscallRecord, at: number): string =>
  pathAt(record, at) || (task.files.get(intAt(record, at) ?? -1)?.path ?? '');
