/** One call: the commands it becomes, and what it changes in the bookkeeping. */
import { type Command, MAP_FIXED, MAP_SHARED } from '@cowlab/core';
import { madviseCommand, mmapCommands, mremapCommand, protBits } from './call-commands.ts';
import type { MemoryCall } from '../calls/memory-call.ts';
import { cloneBuffers, closeDescriptor, duplicateDescriptor, openRing, registerBuffers, releaseDescriptors,
  spliceBuffers, unregisterBuffers } from './plan-buffers.ts';
import type { PlannedCall, PlanState } from './bookkeeping.ts';
import { applyToRegions, PAGE, pageOf, pagesUp, type Process, regionOf } from '../space/shadow.ts';

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

const done = (commands: readonly Command[], returns: number | null = null): PlannedCall => ({ commands, returns });

/** Null for a call that changes nothing here. */
export function planCall(state: PlanState, process: Process, call: MemoryCall): PlannedCall | null {
  if (call.errno !== null) return actsThoughFailed(process, call) ? planMapping(state, process, call) : null;
  switch (call.type) {
    case 'exited':
    case 'killed':
      return planExit(state, process);
    case 'execve':
      return call.ok ? planExecve(state, process, call) : null;
    case 'clone':
      return call.child === null ? null : planClone(state, process, call, call.child);
    case 'exit':
    case 'superseded':
    case 'other':
    case 'memfdCreate':
      return null;
    default:
      if (call.returned) return planMemoryCall(state, process, call);
      state.note(state.straceLine(call.line), `nobody saw ${call.type} return: taken as not done`);
      return null;
  }
}

/** madvise() goes on over a gap, and says ENOMEM in the end. */
function actsThoughFailed({ mm }: Process, call: MemoryCall): call is CallOf<'madvise'> {
  if (call.type !== 'madvise' || call.errno !== 'ENOMEM') return false;
  const start = pageOf(call.address);
  return mm.regions.holes(start, start + pagesUp(call.lengthBytes)).length > 0;
}

type MemoryChange = Exclude<MemoryCall,
  { type: 'exited' | 'killed' | 'execve' | 'clone' | 'exit' | 'superseded' | 'other' | 'memfdCreate' }>;

function planMemoryCall(state: PlanState, process: Process, call: MemoryChange): PlannedCall | null {
  switch (call.type) {
    case 'ioUringSetup':
      return openRing(state, process, call);
    case 'ioUringRegisterBuffers':
      return registerBuffers(state, process, call);
    case 'ioUringUnregisterBuffers':
      return unregisterBuffers(state, process, call.fd);
    case 'ioUringCloneBuffers':
      return cloneBuffers(state, process, call);
    case 'vmsplice':
      return spliceBuffers(state, process, call);
    case 'close':
      return closeDescriptor(state, process, call.fd);
    case 'dup':
      return call.copy === null ? null : duplicateDescriptor(state, process, call.fd, call.copy);
    case 'shmat':
      return call.ret === null ? null : planAttach(state, process, call, call.ret);
    case 'shmdt':
      return planDetach(state, process, call.address);
    default:
      return planMapping(state, process, call);
  }
}

function planMapping(
  state: PlanState,
  process: Process,
  call: CallOf<'mmap' | 'munmap' | 'mremap' | 'brk' | 'mprotect' | 'madvise'>,
): PlannedCall | null {
  const { mm } = process;
  const file = call.type === 'mmap'
    ? state.files.of(call, process, (fd) => state.rings.numberOf(process.files, fd))
    : null;
  const planned = mappingCommands(state, process, call, file);
  const known = state.knownPages(mm);
  if (call.type === 'mremap' && call.ret !== null && call.ret !== call.oldAddress) {
    const start = pageOf(call.oldAddress);
    const nr = pagesUp(Math.min(call.oldLengthBytes, call.newLengthBytes));
    applyToRegions(mm, call, process, () => file);
    known.forget(pageOf(call.ret), pageOf(call.ret) + pagesUp(call.newLengthBytes));
    known.move(start, start + nr, pageOf(call.ret));
    known.forget(start, start + pagesUp(call.oldLengthBytes));
    return planned;
  }
  for (const [start, end] of applyToRegions(mm, call, process, () => file)) known.forget(start, end);
  if (call.type === 'mprotect') known.protect(pageOf(call.address), pageOf(call.address) + pagesUp(call.lengthBytes));
  for (const command of planned?.commands ?? []) {
    if (command.type === 'Store' || command.type === 'Load')
      state.touch(mm, command.vpn, command.nr, command.type === 'Store');
  }
  return planned;
}

function mappingCommands(
  state: PlanState,
  { task, mm }: Process,
  call: CallOf<'mmap' | 'munmap' | 'mremap' | 'brk' | 'mprotect' | 'madvise'>,
  file: number | null,
): PlannedCall | null {
  switch (call.type) {
    case 'mmap': {
      if (call.ret === null) return null;
      const [start, end] = [pageOf(call.ret), pageOf(call.ret) + pagesUp(call.lengthBytes)];
      const taken = mm.regions.nextStart(start) < end;
      if (taken && !call.flags.fixed)
        state.note(state.straceLine(call.line),
          `mmap returned ${hex(call.ret)}, where something was taken to be mapped`);
      if (call.flags.growsdown)
        state.note(state.straceLine(call.line), 'MAP_GROWSDOWN: the mapping does not grow in the model');
      if (call.flags.hugetlb) state.hugetlbBytes += call.lengthBytes;
      return done(mmapCommands(call, task, call.ret, file), call.ret);
    }
    case 'munmap':
      return done([{ type: 'Munmap', task, addr: call.address, length: call.lengthBytes }]);
    case 'mremap':
      if (call.dontUnmap)
        state.note(state.straceLine(call.line), 'MREMAP_DONTUNMAP: the old range is unmapped in the model');
      return call.ret === null ? null : done([mremapCommand(call, task, call.ret)], call.ret);
    case 'brk':
      return call.ret === null ? null : done([{ type: 'Brk', task, addr: call.ret }], call.ret);
    case 'mprotect':
      return done([{ type: 'Mprotect', task, addr: call.address, length: call.lengthBytes,
        prot: protBits(call.prot) }]);
    case 'madvise': {
      const command = madviseCommand(call, task);
      if (command === null)
        state.note(state.straceLine(call.line), `madvise(${call.advice}) is not modelled: passed over`);
      return command === null ? null : done([command]);
    }
  }
}

const SEGMENT_FLAGS = MAP_FIXED | MAP_SHARED;
const hex = (addr: number): string => `0x${addr.toString(16)}`;

function planClone(state: PlanState, process: Process, call: CallOf<'clone'>, child: number): PlannedCall {
  const made = state.shadow.clone(process, child, call);
  if (!call.cloneVm) state.forkPages(process.mm, made.mm);
  if (made.files !== process.files) state.rings.inherit(process.files, made.files);
  state.tasks.push({ task: made.task, pid: child, parent: process.task, sharesMm: call.cloneVm });
  return done([{ type: call.cloneVm ? 'CloneVm' : 'Fork', task: process.task, child: made.task }]);
}

function planExecve(state: PlanState, process: Process, call: CallOf<'execve'>): PlannedCall {
  const { now, ended } = state.shadow.execve(process, call);
  const exits = ended.map(({ task }): Command => ({ type: 'Exit', task }));
  const released = releaseDescriptors(state, process.files);
  return done([...exits, { type: 'Execve', task: now.task }, ...released, ...state.mapImage(now)]);
}

/** The mm goes before the descriptors. @kernel kernel/exit.c do_exit() */
function planExit(state: PlanState, process: Process): PlannedCall {
  state.shadow.end(process);
  return done([{ type: 'Exit', task: process.task }, ...releaseDescriptors(state, process.files)]);
}

/** Everybody who attaches a segment maps the same file. */
function planAttach(state: PlanState, { task, mm }: Process, call: CallOf<'shmat'>, ret: number): PlannedCall {
  const nr = state.unseen.segments.get(call.line) ?? 1;
  const start = pageOf(ret);
  const file = state.files.ofSegment(call.shmid, nr);
  const prot = { read: true, write: !call.flags.includes('SHM_RDONLY'), exec: false };
  mm.regions.map(regionOf({ start, end: start + nr, prot, shared: true, file, pgoff: 0 }));
  state.knownPages(mm).forget(start, start + nr);
  return done([{ type: 'Mmap', task, addr: ret, length: nr * PAGE, prot: protBits(prot), flags: SEGMENT_FLAGS, file,
    offset: 0 }], ret);
}

function planDetach(state: PlanState, { task, mm }: Process, address: number): PlannedCall | null {
  const region = mm.regions.find(pageOf(address));
  if (region === undefined) return null;
  mm.regions.unmap(region.start, region.end);
  state.knownPages(mm).forget(region.start, region.end);
  return done([{ type: 'Munmap', task, addr: region.start * PAGE, length: (region.end - region.start) * PAGE }]);
}
