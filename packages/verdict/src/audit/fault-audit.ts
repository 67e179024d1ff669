/**
 * Recorded page faults against those of the model. A fault on private memory must be one in the model of that kernel,
 * and of the same kind; then no access that the model lets through has faulted. What the page cache holds decides over
 * faults on pages of files that nobody has written to, so they are counted apart.
 */
import type { LogEntry } from '@cowlab/core';
import { type AccessItem, FAULT } from '@cowlab/trace';
import type { Death } from '../replay/deaths.ts';
import { codeProblem, faultKind, recordedKind } from '../replay/fault-kind.ts';
import { hex, pageOf } from '../story/entities.ts';

export interface UnexplainedFault {
  readonly file: string;
  readonly line: number;
  readonly pid: number;
  readonly address: string;
  /** As the recording has it. */
  readonly recorded: string;
  readonly taken: string;
  /** What the model did instead. */
  readonly model: string;
  readonly inModel: string;
}

export interface FaultAudit {
  /** Of private memory, all of them. */
  readonly faults: number;
  /** By what the model did, most first. */
  readonly explained: Readonly<Record<string, number>>;
  readonly unexplained: Readonly<Record<string, number>>;
  readonly nrUnexplained: number;
  readonly first: UnexplainedFault | null;
  /** Faults with the processor's error code, which says what kind they were. */
  readonly withCode: number;
  /** Faults on pages of files and on shared memory: not private. */
  readonly ofFiles: number;
  /** Faults of processes that were there before the recording. */
  readonly notJudged: number;
}

/** What the model had where an access went, before it. */
export interface Before {
  readonly mm: number;
  readonly present: boolean;
  /** Present, and a page of a file that nobody had written to. */
  readonly presentOfFile: boolean;
  /** A page of a file that nobody has written to, or shared memory; asked only where something is to be explained. */
  readonly ofFile: () => boolean;
  readonly mapping: () => string;
}

/** Between two samples of one and the same fault. */
const AGAIN_MICROS_MAX = 2000;

export class FaultCounts {
  private readonly explained = new Map<string, number>();
  private readonly unexplained = new Map<string, number>();
  private first: UnexplainedFault | null = null;
  private withCode = 0;
  private ofFiles = 0;
  private notJudged = 0;
  /** The last fault that the model served on each page, since the last call of its mm. */
  private readonly last = new Map<number, Map<number, AccessItem>>();

  constructor(private readonly deaths: readonly Death[]) {}

  skip({ faulted }: AccessItem): void {
    if (faulted) this.notJudged++;
  }

  /** What a call did to its mm explains faults that come again. */
  called(mm: number): void {
    this.last.delete(mm);
  }

  add(item: AccessItem, entries: readonly LogEntry[], before: Before): void {
    const { faulted, errorCode } = item;
    const events = entries.flatMap((entry) => entry.events);
    const kind = faultKind(events);
    const refused = entries.map(({ result }) => result).find((result) => !result.ok);
    if (refused !== undefined && !refused.ok) return this.died(item, refused.errno, before);
    // A stated access did not fault; that it faults here is told by the replay.
    if (!faulted) return;
    if (kind === 'a page of a file mapped' || (kind === null && before.ofFile())) {
      this.ofFiles++;
      return;
    }
    if (errorCode !== null) this.withCode++;
    const again = this.again(item, before);
    if (kind === null) {
      if (again !== null) count(this.explained, again);
      else this.open(item, 'the access goes through, no fault', before);
      return;
    }
    // Which pages of a file were mapped around another one, the page cache decides.
    const judged = errorCode !== null && kind !== 'a private copy of a page of a file';
    const problem = judged ? codeProblem(errorCode, before.present) : null;
    // Here it was mapped around another page, and there it was not: locked, or not read yet.
    // @kernel mm/filemap.c filemap_map_pages()
    const around = problem !== null && before.presentOfFile && kind === COPIED;
    if (problem === null || around) {
      count(this.explained, around ? 'a private copy of a page of a file' : kind);
      this.served(item, before);
    } else if (again !== null) count(this.explained, again);
    else this.open(item, `${kind}: ${problem}`, before);
  }

  get audit(): FaultAudit {
    const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((all, nr) => all + nr, 0);
    return { faults: sum(this.explained) + sum(this.unexplained), explained: sorted(this.explained),
      unexplained: sorted(this.unexplained), nrUnexplained: sum(this.unexplained), first: this.first,
      withCode: this.withCode, ofFiles: this.ofFiles, notJudged: this.notJudged };
  }

  /**
   * Why the fault before this one on the same page can have left the entry as it was. A fault of the kernel's own access
   * is taken with page faults off, and not served, and again with them on. A user's access is not resumed before its
   * fault is served, or another thread has served it: then both met there, and the model lets one go first. Either
   * explains what follows a served fault, never what follows one that was itself explained like this: an entry that
   * goes on faulting is no race. @kernel arch/x86/mm/fault.c do_user_addr_fault() faulthandler_disabled()
   */
  private again(item: AccessItem, { mm }: Before): string | null {
    const before = this.last.get(mm)?.get(pageOf(item.addr));
    return before === undefined ? null : reasonFor(before, item);
  }

  private served(item: AccessItem, { mm }: Before): void {
    const pages = this.last.get(mm) ?? new Map<number, AccessItem>();
    this.last.set(mm, pages.set(pageOf(item.addr), item));
  }

  private died(item: AccessItem, errno: string, before: Before): void {
    const told = this.deaths.some(({ pid, addr }) => pid === item.pid && pageOf(addr) === pageOf(item.addr));
    if (told) count(this.explained, `death by ${errno}`);
    else this.open(item, `the access dies by ${errno}`, before);
  }

  private open(item: AccessItem, model: string, before: Before): void {
    const { source, pid, addr, access, errorCode, why } = item;
    const recorded = recordedKind(access, errorCode);
    count(this.unexplained, `${recorded}: ${model}`);
    this.first ??= { file: source.file, line: source.line, pid, address: hex(addr), recorded, taken: why, model,
      inModel: before.mapping() };
  }
}

function reasonFor(before: AccessItem, item: AccessItem): string | null {
  if (before.errorCode !== item.errorCode || item.at.micros - before.at.micros > AGAIN_MICROS_MAX) return null;
  if (before.pid !== item.pid) return 'met by two threads at once';
  const ofKernel = item.errorCode !== null && (item.errorCode & FAULT.USER) === 0;
  return ofKernel && before.addr === item.addr ? 'taken again: the first was not served' : null;
}

const COPIED = 'COW: a copy';

function count(into: Map<string, number>, kind: string): void {
  into.set(kind, (into.get(kind) ?? 0) + 1);
}

const sorted = (of: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...of].sort((a, b) => b[1] - a[1]));
