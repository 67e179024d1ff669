/** The fields of each command, and of what it came to. */

import { type Advice, ALLOCATIONS, type Command, type Errno, type FailTimes, type FileKind, type Geometry,
  type ThpEnabled } from '@cowlab/core';
import { shown } from './log-error.ts';
import { type FieldValues, isObject, messageProblem, type Shapes, tableProblem } from './shape.ts';

/** Every member of a union of strings, which the compiler checks for completeness. */
const all = <T extends string>(members: Record<T, true>): readonly T[] => Object.keys(members) as T[];

const KINDS = all<FileKind>({ memfd: true, regular: true, hugetlb: true, dax: true });
const TIMES = all<FailTimes>({ once: true, always: true, never: true });
const ADVICE = all<Advice>({ dontfork: true, dofork: true, wipeonfork: true, keeponfork: true, dontneed: true,
  free: true, hugepage: true, nohugepage: true, collapse: true, mergeable: true, unmergeable: true, willneed: true,
  normal: true, cold: true, guard: true, unguard: true, invalid: true });
/** Of a machine, in the log's words. */
export const THP_MODES = all<ThpEnabled>({ madvise: true, always: true, never: true });
const ERRNOS = all<Errno>({ EACCES: true, EAGAIN: true, EBADF: true, EBUSY: true, EEXIST: true, EFAULT: true,
  EINTR: true, EINVAL: true, EIO: true, ENOENT: true, ENOMEM: true, ENXIO: true, EOPNOTSUPP: true, EOVERFLOW: true,
  EPERM: true, ESRCH: true, SIGBUS: true, SIGSEGV: true });

export const COMMAND_SHAPES: Shapes<Command> = {
  Spawn: { task: 'id' },
  CreateFile: { file: 'id', kind: KINDS, nr: 'count', base: 'integer', step: 'integer' },
  Mmap: { task: 'id', addr: 'bytes', length: 'bytes', prot: 'count', flags: 'count', file: { optional: 'id' },
    offset: { optional: 'bytes' }, readOnlyFile: { optional: 'boolean' } },
  Munmap: { task: 'id', addr: 'bytes', length: 'bytes' },
  Mremap: { task: 'id', addr: 'bytes', oldLength: 'bytes', newLength: 'bytes', flags: 'count',
    newAddr: { optional: 'bytes' } },
  Brk: { task: 'id', addr: 'bytes' },
  Mprotect: { task: 'id', addr: 'bytes', length: 'bytes', prot: 'count' },
  Madvise: { task: 'id', addr: 'bytes', length: 'bytes', advice: ADVICE },
  Mlock: { task: 'id', addr: 'bytes', length: 'bytes', on: 'boolean' },
  Load: { task: 'id', vpn: 'count', nr: 'count' },
  Store: { task: 'id', vpn: 'count', nr: 'count', value: 'count' },
  Fork: { task: 'id', child: 'id' },
  CloneVm: { task: 'id', child: 'id' },
  Execve: { task: 'id' },
  Exit: { task: 'id' },
  Pin: { task: 'id', pin: 'id', vpn: 'count', nr: 'count', flags: 'count', device: 'id', by: { optional: 'id' },
    whole: { optional: 'boolean' } },
  Unpin: { pin: 'id' },
  DeviceStore: { pin: 'id', index: 'integer', value: 'count' },
  DeviceLoad: { pin: 'id', index: 'integer' },
  RemoteLoad: { task: 'id', vpn: 'count', by: { optional: 'id' }, force: { optional: 'boolean' } },
  RemoteStore: { task: 'id', vpn: 'count', value: 'count', by: { optional: 'id' }, force: { optional: 'boolean' } },
  ClearRefs: { task: 'id' },
  UffdOpen: { task: 'id', forks: 'boolean' },
  UffdRegister: { task: 'id', addr: 'bytes', length: 'bytes', missing: 'boolean', protects: 'boolean' },
  UffdUnregister: { task: 'id', addr: 'bytes', length: 'bytes' },
  UffdProtect: { task: 'id', addr: 'bytes', length: 'bytes', on: 'boolean' },
  UffdCopy: { task: 'id', vpn: 'count', value: 'count' },
  Reclaim: { task: 'id', vpn: 'count', nr: 'count' },
  KsmMerge: { task: 'id', vpn: 'count', intoTask: 'id', intoVpn: 'count' },
  KsmScan: { passes: 'count' },
  Migrate: { task: 'id', vpn: 'count' },
  Collapse: { task: 'id', vpn: 'count' },
  FailAllocations: { what: ALLOCATIONS, times: TIMES },
  SetFolios: { thp: THP_MODES, always: 'count', madvise: 'count', inherit: 'count' },
  SetPool: { hugetlb: { optional: 'count' }, pagesLimit: { optional: 'count' } },
};

export function commandProblem(command: unknown, geometry: Geometry): string | null {
  return messageProblem('command', COMMAND_SHAPES, command, geometry);
}

/** The same of many commands of one type, field by field. */
export function commandsProblem(
  type: string,
  fields: ReadonlyMap<string, FieldValues>,
  geometry: Geometry,
): string | null {
  return tableProblem('command', COMMAND_SHAPES, type, fields, geometry);
}

export function resultProblem(result: unknown): string | null {
  if (!isObject(result)) return 'result is not an object';
  const fields = Object.keys(result).sort().join();
  if (result.ok === true)
    return fields === 'ok,value' && typeof result.value === 'number' && Number.isFinite(result.value)
      ? null
      : 'a result that is ok has a number as its value and nothing else';
  if (result.ok !== false || fields !== 'errno,ok,why' || typeof result.why !== 'string')
    return 'a result is {ok: true, value} or {ok: false, errno, why}';
  return (ERRNOS as readonly unknown[]).includes(result.errno) ? null : `unknown errno ${shown(result.errno)}`;
}
