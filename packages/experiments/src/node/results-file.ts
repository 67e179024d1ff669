/**
 * What a sweep has found so far, as JSON lines: a head that says which sweep it is, then a line for each finished cell.
 * Lines are written as cells finish and synced to disk in groups, so a sweep that was killed goes on where it was; a
 * last line that was torn is cut off and its cell is run again.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { CompositionError, reasonOf } from '@cowlab/composition';

/** Which sweep it is. */
export interface SweepHead {
  /** Of all that its values depend on. */
  readonly hash: string;
  readonly cells: number;
  readonly measures: readonly string[];
}

interface Head extends SweepHead {
  readonly cowlab: 'sweep';
  readonly version: 1;
}

type Cells = readonly (readonly [cell: number, values: readonly number[]])[];

/** Where finished cells are kept, and those that an earlier run left there. */
export interface KeptCells {
  /** By number. */
  readonly done: ReadonlyMap<number, readonly number[]>;
  add(cells: Cells): void;
  /** `whole`: no cell is missing. */
  close(whole: boolean): void | Promise<void>;
}

const SYNC_MS = 500;

export class ResultsFile implements KeptCells {
  private at = 0;
  private synced = performance.now();
  private dirty = false;

  private constructor(
    private readonly fd: number,
    /** Values of cells that were finished before, by number. */
    readonly done: ReadonlyMap<number, readonly number[]>,
  ) {}

  /** @throws CompositionError when the file is of another sweep, or is none */
  static open(path: string, name: string, head: SweepHead): ResultsFile {
    const wanted: Head = { cowlab: 'sweep', version: 1, ...head };
    try {
      const fresh = !existsSync(path);
      const fd = openSync(path, fresh ? 'ax' : 'r+');
      const { done, length } = fresh ? { done: new Map<number, number[]>(), length: 0 } : read(path, name, wanted);
      if (!fresh) ftruncateSync(fd, length);
      const file = new ResultsFile(fd, done);
      if (length === 0) file.write(`${JSON.stringify(wanted)}\n`, 0);
      else file.at = length;
      return file;
    } catch (cause) {
      if (cause instanceof CompositionError) throw cause;
      throw new CompositionError(name, `cannot be written (${reasonOf(cause)})`, 'choose another place', { cause });
    }
  }

  add(cells: Cells): void {
    this.write(cells.map(([cell, values]) => `${JSON.stringify({ cell, values })}\n`).join(''), this.at);
    if (performance.now() - this.synced > SYNC_MS) this.sync();
  }

  close(): void {
    if (this.dirty) this.sync();
    closeSync(this.fd);
  }

  private write(text: string, at: number): void {
    const bytes = Buffer.from(text);
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.fd, bytes, sent, bytes.length - sent, at + sent);
    this.at = at + bytes.length;
    this.dirty = true;
  }

  private sync(): void {
    fsyncSync(this.fd);
    this.dirty = false;
    this.synced = performance.now();
  }
}

/** Cells up to the first line that is torn, and the length of what is whole. */
function read(path: string, name: string, wanted: Head): { done: Map<number, number[]>; length: number } {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').slice(0, -1);
  const done = new Map<number, number[]>();
  // Killed before the head was whole: there is nothing to lose.
  if (lines.length === 0 && JSON.stringify(wanted).startsWith(text)) return { done, length: 0 };
  const head = parsed(lines[0] ?? '') as Partial<Head> | null;
  if (head?.cowlab !== 'sweep')
    throw new CompositionError(name, 'is no results file of a sweep', 'choose another name');
  if (head.version !== 1 || head.hash !== wanted.hash || head.cells !== wanted.cells)
    throw new CompositionError(name,
      'holds the results of another sweep (file, lanes, points, measures or seed differ)',
      'choose another name, or take that file away');
  lines.slice(1).forEach((line, at) => {
    const { cell, values } = (parsed(line) ?? {}) as { cell?: unknown; values?: unknown };
    if (!Number.isSafeInteger(cell) || !isRow(values, wanted.measures.length) || (cell as number) >= wanted.cells)
      throw new CompositionError(`${name}:${at + 2}`, 'is no finished cell',
        'drop that line, and the cell is run again');
    done.set(cell as number, values);
  });
  return { done, length: Buffer.byteLength(whole) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const isRow = (values: unknown, length: number): values is number[] =>
  Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'number');
