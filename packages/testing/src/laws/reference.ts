/**
 * What memory must hold, kept without pages, entries or counts: per mm and page number a byte, or nothing where this
 * model does not know. fork() copies the bytes, a store changes one mm's, shared memory is one place that many see. It
 * shares no idea with the paths it judges; where a call failed half-way it forgets rather than guesses.
 */

import { type Command, type CommandOf, type Event, inspectPage, MAP_ANONYMOUS, MAP_HUGETLB, MAP_SHARED, PAGE_SIZE,
  type Result, type World } from '@cowlab/core';

/** A byte of one mm, or the place in a file that several mms look at. `undefined`: some byte. */
type Cell = { value: number | undefined } | { readonly file: number; readonly index: number };
type Cells = Map<number, Cell>;

/** Calls after which another set of pages may be mapped. */
const CHANGES_MAP: ReadonlySet<Command['type']> = new Set(['Mmap', 'Munmap', 'Mremap']);

/** Of more pages than these per mm, only those at the edges of page tables are compared, and one in sixteen. */
const MANY = 128;
const isCorner = (vpn: number, unit: number): boolean => vpn % 16 === 0 || vpn % unit < 3 || vpn % unit > unit - 3;

export class Reference {
  private readonly mmOf = new Map<number, number>();
  private readonly mms = new Map<number, Cells>();
  private readonly files = new Map<string, number | undefined>();
  private readonly media = new Map<number, { base: number; step: number }>();
  private madeFile = 0;
  private lost = false;

  /** `unit`: base pages of a huge page. */
  constructor(private readonly unit: number) {}

  mmOfTask(task: number): number | undefined {
    return this.mmOf.get(task);
  }

  /** The byte at a page: undefined when the model does not know. */
  expected(mm: number, vpn: number): number | undefined {
    if (this.lost) return undefined;
    const cell = this.mms.get(mm)?.get(vpn);
    if (cell === undefined || 'value' in cell) return cell?.value;
    const key = keyOf(cell);
    if (this.files.has(key)) return this.files.get(key);
    const medium = this.media.get(cell.file);
    return medium === undefined ? 0 : (medium.base + medium.step * cell.index) & 0xff;
  }

  /** Follow one command. `mmOf` comes from the log, everything else from the command and its result. */
  follow(command: Command, events: readonly Event[], result: Result): void {
    const mm = 'task' in command ? this.mmOf.get(command.task) : undefined;
    if (mm !== undefined) this.act(command, mm, result);
    else if (command.type === 'CreateFile' && result.ok)
      this.media.set(command.file, { base: command.base, step: command.step });
    for (const event of events) {
      if (event.type === 'TaskStarted') {
        this.mmOf.set(event.task, event.mm);
        if (!this.mms.has(event.mm))
          this.mms.set(event.mm,
            command.type === 'Fork' && mm !== undefined ? copyOf(this.cells(mm)) : new Map<number, Cell>());
      } else if (event.type === 'TaskMovedToMm') {
        this.mmOf.set(event.task, event.mm);
        this.mms.set(event.mm, new Map());
      } else if (event.type === 'TaskExited') this.mmOf.delete(event.task);
      else if (event.type === 'MmDestroyed') this.mms.delete(event.mm);
      // A hugetlb page taken back by the mapping it was promised to: SIGBUS here, and zeroes in a later child of this
      // mm.
      else if (event.type === 'PtesZapped' && event.mm !== mm) this.forgetBytes(event.mm, event.vpn, event.nr);
    }
  }

  /** Pages that are present and do not hold what they must. */
  differences(world: World): string[] {
    const found: string[] = [];
    if (this.lost) return found;
    for (const [mm, cells] of this.mms) {
      for (const vpn of cells.keys()) {
        if (cells.size > MANY && !isCorner(vpn, this.unit)) continue;
        const shows = inspectPage(world, mm, vpn);
        const expected = this.expected(mm, vpn);
        if (expected !== undefined && shows.present && shows.value !== expected)
          found.push(`page ${vpn} of mm ${mm} holds ${shows.value}, not ${expected}`);
      }
    }
    return found;
  }

  private cells(mm: number): Cells {
    return this.mms.get(mm) ?? new Map<number, Cell>();
  }

  private forgetBytes(mm: number, vpn: number, nr: number): void {
    for (let at = vpn; at < vpn + nr; at++) {
      const cell = this.mms.get(mm)?.get(at);
      if (cell !== undefined && 'value' in cell) cell.value = undefined;
    }
  }

  private act(command: Command, mm: number, result: Result): void {
    const cells = this.cells(mm);
    // Short of memory half-way through: what is mapped now is anybody's guess. Every other refusal comes before the
    // act.
    if (!result.ok && CHANGES_MAP.has(command.type))
      this.lost ||= result.errno === 'ENOMEM' || result.errno === 'EAGAIN';
    if (!result.ok && CHANGES_MAP.has(command.type)) return;
    switch (command.type) {
      case 'Mmap':
        this.map(cells, command, result.ok ? result.value : 0);
        return;
      case 'Munmap':
        forget(cells, command);
        return;
      case 'Mremap':
        move(cells, command, result.ok ? result.value : 0);
        return;
      case 'Brk':
        if (result.ok) this.brk(cells, result.value);
        return;
      case 'Madvise':
        // MADV_FREE leaves it open when the bytes go.
        if (command.advice === 'dontneed' || command.advice === 'guard') this.drop(cells, command, result);
        else if (command.advice === 'free') this.drop(cells, command, null);
        return;
      case 'Store':
        this.store(cells, command, result);
        return;
      case 'RemoteStore':
        if (result.ok) this.put(cells, command.vpn, command.value);
        return;
      default:
        return;
    }
  }

  private map(cells: Cells, c: CommandOf<'Mmap'>, addr: number): void {
    const start = addr / PAGE_SIZE;
    const shared = (c.flags & MAP_SHARED) !== 0;
    const anonymous = (c.flags & MAP_ANONYMOUS) !== 0;
    // Shared anonymous memory is a file that nobody else can name.
    const file = anonymous ? --this.madeFile : c.file ?? 0;
    const unit = (c.flags & MAP_HUGETLB) !== 0 ? this.unit : 1;
    const nr = Math.ceil(c.length / PAGE_SIZE / unit) * unit;
    for (let i = 0; i < nr; i++) {
      if (shared) cells.set(start + i, { file, index: (c.offset ?? 0) / PAGE_SIZE + i });
      else if (anonymous) cells.set(start + i, { value: 0 });
      // A private file page follows the file until somebody copies it, and a mere mlock() does: unknown until stored
      // to.
      else cells.set(start + i, { value: undefined });
    }
  }

  /** The heap grows by zeroes and shrinks; only what a store put there is known. */
  private brk(cells: Cells, to: number): void {
    for (const vpn of cells.keys())
      if (vpn >= Math.ceil(to / PAGE_SIZE) && vpn < Math.ceil(to / PAGE_SIZE) + 8) cells.delete(vpn);
  }

  private drop(cells: Cells, c: CommandOf<'Madvise'>, result: Result | null): void {
    for (const vpn of pagesOf(c)) {
      const cell = cells.get(vpn);
      // Anonymous memory reads zero then, a private file page the file; which of them this is, the model has not kept.
      if (cell !== undefined && 'value' in cell && (result?.ok !== true || cell.value !== 0)) cell.value = undefined;
    }
  }

  private store(cells: Cells, c: CommandOf<'Store'>, result: Result): void {
    for (let vpn = c.vpn; vpn < c.vpn + c.nr; vpn++) this.put(cells, vpn, result.ok ? c.value : undefined);
  }

  /** Where nothing is known to be mapped, it is not known either who would see a store. */
  private put(cells: Cells, vpn: number, value: number | undefined): void {
    const cell = cells.get(vpn);
    if (cell === undefined) return;
    if ('file' in cell) this.files.set(keyOf(cell), value);
    else cell.value = value;
  }
}

const keyOf = ({ file, index }: { readonly file: number; readonly index: number }): string => `${file}:${index}`;
const copyOf = (cells: Cells): Cells =>
  new Map([...cells].map(([vpn, cell]) => [vpn, 'value' in cell ? { ...cell } : cell]));

function* pagesOf({ addr, length }: { addr: number; length: number }): Generator<number> {
  for (let vpn = Math.floor(addr / PAGE_SIZE); vpn < Math.ceil((addr + length) / PAGE_SIZE); vpn++) yield vpn;
}

function forget(cells: Cells, range: { addr: number; length: number }): void {
  for (const vpn of pagesOf(range)) cells.delete(vpn);
}

function move(cells: Cells, c: CommandOf<'Mremap'>, addr: number): void {
  const [old, to] = [c.addr / PAGE_SIZE, addr / PAGE_SIZE];
  const [oldNr, newNr] = [Math.ceil(c.oldLength / PAGE_SIZE), Math.ceil(c.newLength / PAGE_SIZE)];
  const kept = Array.from({ length: Math.min(oldNr, newNr) }, (_, i) => cells.get(old + i));
  for (let i = 0; i < oldNr; i++) cells.delete(old + i);
  for (let i = 0; i < newNr; i++) cells.delete(to + i);
  kept.forEach((cell, i) => {
    if (cell !== undefined) cells.set(to + i, cell);
  });
  // What a mapping grows by is more of the same.
  const last = kept.at(-1);
  for (let i = oldNr; i < newNr && last !== undefined; i++) {
    cells.set(to + i, 'file' in last ? { file: last.file, index: last.index + i - oldNr + 1 } : { value: undefined });
  }
}
