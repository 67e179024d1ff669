/** Calls that hand pages to the kernel for longer than a call, or take them back. */
import { type Command, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '@cowlab/core';
import type { Iovec, MemoryCall } from '../calls/memory-call.ts';
import type { Registration } from './plan.ts';
import type { PlannedCall, PlanState } from './bookkeeping.ts';
import { pageOf, pagesUp, PAGE, type Process } from '../space/shadow.ts';

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

/** @kernel io_uring/rsrc.c io_pin_pages() */
const REGISTERED = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE;
/** The device that stands for pipes. */
const PIPE = 0;

const unpin = (pin: number): Command => ({ type: 'Unpin', pin });
const all = (
  commands: readonly Command[],
): PlannedCall | null => (commands.length === 0 ? null : { commands, returns: null });

export function openRing(state: PlanState, { files }: Process, call: CallOf<'ioUringSetup'>): PlannedCall | null {
  return call.fd === null ? null : all(state.rings.open(files, call.fd).map(unpin));
}

/** The kernel pins whole pages, and all of them or none. */
export function registerBuffers(
  state: PlanState,
  process: Process,
  call: CallOf<'ioUringRegisterBuffers'>,
): PlannedCall | null {
  const { files } = process;
  const device = state.rings.numberOf(files, call.fd);
  const commands: Command[] = [];
  call.iovecs.forEach((iovec, index) => {
    const slot = call.slot + index;
    commands.push(...state.rings.release(files, call.fd, slot).map(unpin));
    const made = register(state, process, { kind: 'io_uring', fd: call.fd, slot }, iovec, call.line);
    if (made === null) return;
    state.rings.hold(files, call.fd, slot, made.pin);
    state.touch(process.mm, made.vpn, made.nrPages, true);
    commands.push({ type: 'Pin', task: process.task, pin: made.pin, vpn: made.vpn, nr: made.nrPages, flags: REGISTERED,
      device, whole: true });
  });
  return all(commands);
}

export function unregisterBuffers(state: PlanState, { files }: Process, fd: number): PlannedCall | null {
  return all(state.rings.release(files, fd).map(unpin));
}

/** The kernel takes another reference to each buffer of another ring: of all that this mm's rings hold, as a verdict has it. */
export function cloneBuffers(
  state: PlanState,
  process: Process,
  { fd, line }: CallOf<'ioUringCloneBuffers'>,
): PlannedCall | null {
  const { files, mm } = process;
  const sources = state.rings.heldByOthers(files, fd).map((pin) => state.registrations[pin - 1])
    .filter((one) => one.kind === 'io_uring' && state.shadow.get(one.pid)?.mm === mm);
  const device = state.rings.numberOf(files, fd);
  return all(sources.flatMap(({ base, lengthBytes, slot }): Command[] => {
    const made = register(state, process, { kind: 'io_uring', fd, slot }, { base, lengthBytes }, line);
    if (made === null) return [];
    const before = state.rings.hold(files, fd, slot, made.pin);
    return [...(before === undefined ? [] : [unpin(before)]), { type: 'Pin', task: process.task, pin: made.pin,
      vpn: made.vpn, nr: made.nrPages, flags: REGISTERED, device, whole: true }];
  }));
}

/**
 * The pipe refers to the pages until somebody has read them. No call of the recording tells when, so they are held
 * until the pipe is closed or its last process ends.
 */
export function spliceBuffers(state: PlanState, process: Process, call: CallOf<'vmsplice'>): PlannedCall | null {
  return all(
    call.iovecs.flatMap((iovec): Command[] => {
      const slot = state.registrations.length;
      const made = register(state, process, { kind: 'vmsplice', fd: call.fd, slot }, iovec, call.line);
      if (made === null) return [];
      state.rings.hold(process.files, call.fd, slot, made.pin);
      state.touch(process.mm, made.vpn, made.nrPages, false);
      return [{ type: 'Pin', task: process.task, pin: made.pin, vpn: made.vpn, nr: made.nrPages, flags: FOLL_GET,
        device: PIPE }];
    }),
  );
}

export function closeDescriptor(state: PlanState, { files }: Process, fd: number): PlannedCall | null {
  return all(state.rings.close(files, fd).map(unpin));
}

export function duplicateDescriptor(
  state: PlanState,
  { files }: Process,
  fd: number,
  copy: number,
): PlannedCall | null {
  return all(state.rings.duplicate(files, fd, copy).map(unpin));
}

/** After a process has ended or has left its table behind: the table goes with its last user. */
export function releaseDescriptors(state: PlanState, files: object): Command[] {
  return state.shadow.sharersOf(files) > 0 ? [] : state.rings.closeAll(files).map(unpin);
}

function register(
  state: PlanState,
  { pid, task }: Process,
  where: Pick<Registration, 'kind' | 'fd' | 'slot'>,
  { base, lengthBytes }: Iovec,
  line: number,
): Registration | null {
  if (lengthBytes === 0) return null;
  if (base === null) {
    state.note(state.straceLine(line), 'the address of a buffer is not shown: record with strace -e raw=vmsplice');
    return null;
  }
  const vpn = pageOf(base);
  const nrPages = pagesUp(base - vpn * PAGE + lengthBytes);
  const made: Registration = { pin: state.registrations.length + 1, ...where, pid, task, base, lengthBytes, vpn,
    nrPages, item: state.item };
  state.registrations.push(made);
  return made;
}
