/** Facts about whole address spaces, tasks and the machine. */

import { assertNever, type MachineEvent, type MmEvent } from '../events.ts';
import { FILE, MM, PIN, TASK, UFFD } from '../tables/fields.ts';
import { HEADER, THP_MODES } from '../tables/header.ts';
import { FOLIO, HUGETLB_RESTORE } from '../tables/folios.ts';
import { isTable, pfnOf } from '../tables/pte.ts';
import { addDaxMemory } from '../page/file-cache.ts';
import type { World } from '../tables/world.ts';

export function evolveMachine(w: World, e: MachineEvent): void {
  switch (e.type) {
    case 'AllocationsFail':
      w.header[HEADER.FAIL_ONCE] = e.once;
      w.header[HEADER.FAIL_ALWAYS] = e.always;
      return;
    case 'PoolSet':
      w.header[HEADER.HUGETLB_FREE] = e.hugetlb;
      w.header[HEADER.PAGES_LIMIT] = e.pagesLimit;
      return;
    case 'FoliosSet':
      w.header[HEADER.THP] = THP_MODES.indexOf(e.thp);
      w.header[HEADER.FOLIOS_ALWAYS] = e.always;
      w.header[HEADER.FOLIOS_MADVISE] = e.madvise;
      w.header[HEADER.FOLIOS_INHERIT] = e.inherit;
      return;
    case 'HugetlbReserved':
      w.header[HEADER.HUGETLB_RESERVED] += e.nr;
      return;
    case 'HugetlbRestoreMarked':
      w.pages.folios.records.set(w.pages.folioOf(e.pfn), FOLIO.HUGETLB, HUGETLB_RESTORE);
      return;
    case 'DaxMemoryAdded':
      addDaxMemory(w, e.file, e.pfn, e.folio, e.nr);
      return;
    case 'PolicyRemembered':
      w.ensurePolicyWords(e.word + 1);
      w.policyWords[e.word] = e.value;
      return;
    case 'FileCreated':
      w.files.open(e.file);
      w.files.set(e.file, FILE.KIND, e.kind);
      w.files.set(e.file, FILE.NR, e.nr);
      w.files.set(e.file, FILE.ROOT, -1);
      w.files.set(e.file, FILE.VALUE, e.base);
      w.files.set(e.file, FILE.STEP, e.step);
      w.files.set(e.file, FILE.USERS, e.open ? 1 : 0);
      return;
    case 'TaskStarted':
      w.tasks.open(e.task);
      w.tasks.set(e.task, TASK.MM, e.mm);
      w.tasks.set(e.task, TASK.PARENT, e.parent);
      w.mms.add(e.mm, MM.USERS, 1);
      return;
    case 'TaskExited':
      w.mms.add(w.tasks.get(e.task, TASK.MM), MM.USERS, -1);
      w.tasks.close(e.task);
      return;
    case 'TaskMovedToMm':
      w.mms.add(w.tasks.get(e.task, TASK.MM), MM.USERS, -1);
      w.tasks.set(e.task, TASK.MM, e.mm);
      w.mms.add(e.mm, MM.USERS, 1);
      return;
    default:
      assertNever(e);
  }
}

export function evolveMm(w: World, e: MmEvent): void {
  switch (e.type) {
    case 'MmCreated':
      w.mms.open(e.mm);
      w.mms.set(e.mm, MM.PGD, -1);
      w.mms.set(e.mm, MM.PARENT, e.from + 1);
      if (e.from >= 0) {
        w.mms.set(e.mm, MM.BRK_START, w.mms.get(e.from, MM.BRK_START));
        w.mms.set(e.mm, MM.BRK, w.mms.get(e.from, MM.BRK));
      }
      return;
    case 'MmDestroyed':
      destroyMm(w, e.mm);
      return;
    case 'KsmEntered':
      w.mms.set(e.mm, MM.KSM, e.order);
      return;
    case 'UffdOpened':
      w.mms.set(e.mm, MM.UFFD, e.forks ? UFFD.forks : UFFD.alone);
      return;
    case 'BrkMoved':
      w.mms.set(e.mm, MM.BRK_START, e.start);
      w.mms.set(e.mm, MM.BRK, e.brk);
      return;
    case 'HasPinnedSet':
      w.mms.set(e.mm, MM.HAS_PINNED, 1);
      return;
    case 'WriteProtectSeqMoved':
      w.mms.set(e.mm, MM.WRITE_PROTECT_SEQ, e.seq);
      return;
    case 'PageTableAllocated':
      w.tables.take(e.node);
      if (e.level === w.tables.top) w.mms.set(e.mm, MM.PGD, e.node);
      else w.tables.link(w.mms.get(e.mm, MM.PGD), e.level + 1, e.vpn, e.node);
      w.mms.add(e.mm, MM.NR_TABLES, 1);
      return;
    case 'PageTablesFreed': {
      const root = w.mms.get(e.mm, MM.PGD);
      if (root >= 0) freeTables(w, e.mm, root, w.tables.top, 0, e.floor, e.ceiling);
      return;
    }
    default:
      assertNever(e);
  }
}

/** Free every table below `node` that covers only pages in [floor, ceiling); they are empty by then. */
function freeTables(
  w: World,
  mm: number,
  node: number,
  level: number,
  base: number,
  floor: number,
  ceiling: number,
): void {
  const span = w.tables.span(level);
  const first = Math.max(0, Math.floor((floor - base) / span));
  const last = Math.min(w.tables.fanout - 1, Math.ceil((ceiling - base) / span) - 1);
  for (let i = first; i <= last; i++) {
    const entry = w.tables.a[node * w.tables.fanout + i];
    if (!isTable(entry) || level === 0) continue;
    const child = pfnOf(entry);
    const from = base + i * span;
    if (level > 1) freeTables(w, mm, child, level - 1, from, floor, ceiling);
    if (floor <= from && from + span <= ceiling) {
      w.tables.a[node * w.tables.fanout + i] = 0;
      w.tables.release(child);
      w.mms.add(mm, MM.NR_TABLES, -1);
    }
  }
}

/** The VMAs are unmapped and zapped by then; what is left is the tables, the list and the record. */
function destroyMm(w: World, mm: number): void {
  const root = w.mms.get(mm, MM.PGD);
  if (root >= 0) {
    freeTables(w, mm, root, w.tables.top, 0, 0, w.tables.span(w.tables.top) * w.tables.fanout);
    w.tables.release(root);
  }
  const cap = w.mms.get(mm, MM.VMAS_CAP);
  if (cap > 0) w.heap.release(w.mms.get(mm, MM.VMAS), cap);
  // A pin outlives the mm its pages came from; without this note it would be taken for a pin of the next mm of that id.
  for (let pin = 0; pin < w.pins.count; pin++) {
    if (w.pins.isLive(pin) && w.pins.get(pin, PIN.MM) === mm) w.pins.set(pin, PIN.OWNER_GONE, 1);
  }
  for (let other = 0; other < w.mms.count; other++) {
    if (w.mms.isLive(other) && w.mms.get(other, MM.PARENT) === mm + 1) w.mms.set(other, MM.PARENT, 0);
  }
  w.mms.close(mm);
}
