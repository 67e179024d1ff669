/** One call of a recording as commands of the model, at the addresses that the kernel chose when it was recorded. */
import {
  type Advice,
  type Command,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '@cowlab/core';
import type { InferredRegion } from '../space/images.ts';
import type { MemoryCall, Prot } from '../calls/memory-call.ts';
import { PAGE, pageOf, pagesUp } from '../space/shadow.ts';

export const protBits = ({ read, write, exec }: Prot): number =>
  (read ? PROT_READ : 0) | (write ? PROT_WRITE : 0) | (exec ? PROT_EXEC : 0);

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

/** MAP_POPULATE and MAP_LOCKED fault everything in, private writable memory as if written. No sample shows it. */
export function mmapCommands(call: CallOf<'mmap'>, task: number, ret: number, file: number | null): Command[] {
  const { flags, prot, lengthBytes: length, offset } = call;
  const map: Command = {
    type: 'Mmap',
    task,
    addr: ret,
    length,
    prot: protBits(prot),
    flags: MAP_FIXED
      | (flags.shared ? MAP_SHARED : MAP_PRIVATE)
      | (file === null ? MAP_ANONYMOUS : 0)
      | (flags.hugetlb ? MAP_HUGETLB : 0)
      | (flags.locked ? MAP_LOCKED : 0),
    ...(file === null ? {} : { file, offset }),
  };
  const populates = (flags.populate || flags.locked) && (prot.read || prot.write);
  return populates ? [map, touchCommand(task, pageOf(ret), pagesUp(length), prot.write && !flags.shared)] : [map];
}

export function touchCommand(task: number, vpn: number, nr: number, write: boolean, value = 0): Command {
  return write ? { type: 'Store', task, vpn, nr, value } : { type: 'Load', task, vpn, nr };
}

export function mremapCommand(call: CallOf<'mremap'>, task: number, ret: number): Command {
  const moved = ret !== call.oldAddress;
  return {
    type: 'Mremap',
    task,
    addr: call.oldAddress,
    oldLength: call.oldLengthBytes,
    newLength: call.newLengthBytes,
    flags: moved ? MREMAP_MAYMOVE | MREMAP_FIXED : 0,
    ...(moved ? { newAddr: ret } : {}),
  };
}

const ADVICES: Readonly<Record<string, Advice>> = {
  MADV_NORMAL: 'normal',
  MADV_WILLNEED: 'willneed',
  MADV_DONTNEED: 'dontneed',
  MADV_FREE: 'free',
  MADV_DONTFORK: 'dontfork',
  MADV_DOFORK: 'dofork',
  MADV_WIPEONFORK: 'wipeonfork',
  MADV_KEEPONFORK: 'keeponfork',
  MADV_HUGEPAGE: 'hugepage',
  MADV_NOHUGEPAGE: 'nohugepage',
  MADV_MERGEABLE: 'mergeable',
  MADV_UNMERGEABLE: 'unmergeable',
  MADV_COLD: 'cold',
  MADV_GUARD_INSTALL: 'guard',
  MADV_GUARD_REMOVE: 'unguard',
};

/** Null for an advice that the model knows nothing of. */
export function madviseCommand(call: CallOf<'madvise'>, task: number): Command | null {
  const { address: addr, lengthBytes: length, advice } = call;
  if (advice === 'MADV_POPULATE_READ' || advice === 'MADV_POPULATE_WRITE') {
    return touchCommand(task, pageOf(addr), pagesUp(length), advice === 'MADV_POPULATE_WRITE');
  }
  return Object.hasOwn(ADVICES, advice) ? { type: 'Madvise', task, addr, length, advice: ADVICES[advice] } : null;
}

/** What execve() mapped. `fileOf` numbers the file of an ELF image by the first page of its group. */
export function imageCommands(
  regions: readonly InferredRegion[],
  task: number,
  fileOf: (group: number) => number,
): Command[] {
  return regions.flatMap(({ start, end, prot, group, populated }): Command[] => [
    {
      type: 'Mmap',
      task,
      addr: start * PAGE,
      length: (end - start) * PAGE,
      prot: protBits(prot),
      flags: MAP_FIXED | MAP_PRIVATE | (group === null ? MAP_ANONYMOUS : 0),
      ...(group === null ? {} : { file: fileOf(group), offset: (start - group) * PAGE }),
    },
    ...(populated === null ? [] : [touchCommand(task, populated.start, populated.end - populated.start, true)]),
  ]);
}
