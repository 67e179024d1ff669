/**
 * A machine: one world under one policy. `execute` carries a command out as its steps are, decide one, evolve it, go
 * on; a command that fails midway leaves behind exactly what the kernel leaves behind, in the events too.
 */

import type { Command } from './commands.ts';
import { done, refuse, type Result } from './errno.ts';
import { assertNever, type Event } from './events.ts';
import type { Kernel } from './kernel.ts';
import { execve, brk, cloneVm, exit, fork, mlock, spawn } from './fork/task.ts';
import { clearRefs } from './mm/clear-refs.ts';
import { madvise } from './mm/madvise.ts';
import { mmap } from './mm/mmap.ts';
import { mprotect } from './mm/mprotect.ts';
import { mremap } from './mm/mremap.ts';
import { uffdOpen, uffdRegister, uffdUnregister } from './uffd/register.ts';
import { uffdCopy, uffdProtect } from './uffd/pages.ts';
import { munmap } from './mm/munmap.ts';
import { load, store } from './fault/access.ts';
import { ksmMerge, migrate } from './reclaim/background.ts';
import { collapse } from './reclaim/collapse.ts';
import { failAllocations } from './page/failing.ts';
import { createFile } from './page/create-file.ts';
import { ksmScan } from './reclaim/ksmd.ts';
import { reclaim } from './reclaim/reclaim.ts';
import { deviceLoad, deviceStore, pin, unpin } from './pin/pin.ts';
import { markPinned, remoteAccess } from './pin/gup.ts';
import { FOLL_FORCE, FOLL_GET, FOLL_PIN, TASK } from './tables/fields.ts';
import { HEADER } from './tables/header.ts';

export interface Outcome {
  readonly events: readonly Event[];
  readonly result: Result;
}

export function execute(k: Kernel, command: Command): Outcome {
  const result = 'task' in command && command.type !== 'Spawn' && !k.world.tasks.isLive(command.task)
    ? refuse('ESRCH', `there is no task ${command.task}`)
    : carryOut(k, command);
  return { events: k.takeEvents(), result };
}

function carryOut(k: Kernel, c: Command): Result {
  switch (c.type) {
    case 'Spawn':
      return spawn(k, c);
    case 'CreateFile':
      return createFile(k, c);
    case 'Mmap':
      return mmap(k, c);
    case 'Munmap':
      return munmap(k, c);
    case 'Mremap':
      return mremap(k, c);
    case 'Brk':
      return brk(k, c);
    case 'Mprotect':
      return mprotect(k, c);
    case 'Madvise':
      return madvise(k, c);
    case 'Mlock':
      return mlock(k, c);
    case 'Load':
      return load(k, c.task, c.vpn, c.nr);
    case 'Store':
      return store(k, c.task, c.vpn, c.nr, c.value);
    case 'Fork':
      return fork(k, c);
    case 'CloneVm':
      return cloneVm(k, c);
    case 'Execve':
      return execve(k, c);
    case 'Exit':
      return exit(k, c);
    case 'Pin':
      return k.world.pins.isLive(c.pin) ? refuse('EEXIST', `pin ${c.pin} is held already`) : pin(k, c);
    case 'Unpin':
      return unpin(k, c);
    case 'DeviceStore':
      return deviceStore(k, c);
    case 'DeviceLoad':
      return deviceLoad(k, c);
    case 'RemoteLoad':
    case 'RemoteStore': {
      const mm = k.world.tasks.get(c.task, TASK.MM);
      const flags = c.force === true ? FOLL_GET | FOLL_FORCE : FOLL_PIN;
      markPinned(k, mm, c.by === undefined ? -1 : k.world.tasks.get(c.by, TASK.MM), flags);
      return remoteAccess(k, mm, c.vpn, c.type === 'RemoteStore' ? c.value : null, flags);
    }
    case 'ClearRefs':
      return clearRefs(k, c);
    case 'UffdOpen':
      return uffdOpen(k, c);
    case 'UffdRegister':
      return uffdRegister(k, c);
    case 'UffdUnregister':
      return uffdUnregister(k, c);
    case 'UffdProtect':
      return uffdProtect(k, c);
    case 'UffdCopy':
      return uffdCopy(k, c);
    case 'Reclaim':
      return reclaim(k, c);
    case 'KsmMerge':
      return ksmMerge(k, c);
    case 'KsmScan':
      return ksmScan(k, c);
    case 'Migrate':
      return migrate(k, c);
    case 'Collapse':
      return collapse(k, c);
    case 'FailAllocations':
      return failAllocations(k, c);
    case 'SetPool':
      k.emit({ type: 'PoolSet', hugetlb: c.hugetlb ?? k.world.header[HEADER.HUGETLB_FREE],
        pagesLimit: c.pagesLimit ?? k.world.header[HEADER.PAGES_LIMIT] });
      return done();
    case 'SetFolios':
      k.emit({ type: 'FoliosSet', thp: c.thp, always: c.always, madvise: c.madvise, inherit: c.inherit });
      return done();
    default:
      return assertNever(c);
  }
}
