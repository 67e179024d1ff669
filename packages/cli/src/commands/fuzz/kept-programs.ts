/**
 * Fuzzed programs that a run is through with, in a journal. What they reached is a set of the same few hundred cells
 * each time: a cell is named once, and then is a bit.
 */
import { release } from 'node:os';
import type { Cell, Judged, TakenProgram } from '@cowlab/oracle/fuzz';
import { paragraph } from '@cowlab/prose';
import { KeptResults } from '../../journal/kept-results.ts';
import { laneQuestion } from '../../journal/lane-question.ts';
import type { Io } from '../../terminal/io.ts';

interface KeptProgram extends Partial<Pick<Judged, 'divergence' | 'reporting'>> {
  readonly number: number;
  /** Why the kernel could not be asked. */
  readonly unjudged?: string;
  /** Cells that no program before it has named. */
  readonly named?: readonly Cell[];
  /** Bits, in base64. */
  readonly reached?: string;
  readonly finding?: NonNullable<TakenProgram['finding']>;
}

export interface FuzzQuestion {
  readonly seed: number;
  readonly kinds: string;
  readonly only: readonly number[] | null;
  readonly profile: string | null;
  /** A release; null: the kernel of this machine. */
  readonly guest: string | null;
  /** Left out where none are set. */
  readonly settings?: readonly string[];
}

export class KeptPrograms {
  readonly known: ReadonlyMap<number, TakenProgram>;
  private readonly cells: Cell[] = [];
  private readonly places = new Map<Cell, number>();

  private constructor(private readonly kept: KeptResults) {
    this.known = new Map((kept.found as readonly KeptProgram[]).map((one) => [one.number, this.unpacked(one)]));
  }

  static async open(address: string | undefined, asked: FuzzQuestion, io: Io): Promise<KeptPrograms | null> {
    const kernel = asked.guest ?? release();
    const lane = asked.profile ?? `linux-${kernel}`;
    const kept = await KeptResults.open(address, { command: 'fuzz', experiment: 'fuzz', lane,
      asked: `fuzz --seed ${asked.seed}, ${asked.kinds} steps, on kernel ${kernel}`,
      question: { ...asked, kernel, lanes: asked.profile === null ? null : laneQuestion(asked.profile, io) } }, io);
    return kept === null ? null : new KeptPrograms(kept);
  }

  add({ number, came, finding }: TakenProgram): void {
    if (typeof came === 'string') this.kept.add({ number, unjudged: came } satisfies KeptProgram);
    else {
      const { divergence, reporting, reached } = came;
      this.kept.add(
        { number, ...this.packed(reached), ...(divergence !== null && { divergence }),
          ...(reporting !== null && { reporting }), ...(finding !== null && { finding }) } satisfies KeptProgram,
      );
    }
  }

  finish(): Promise<void> {
    return this.kept.finish();
  }

  close(): Promise<void> {
    return this.kept.close();
  }

  get lines(): string[] {
    return ['', ...paragraph(`programs ${this.kept.text}`)];
  }

  private packed(reached: readonly Cell[]): Pick<KeptProgram, 'named' | 'reached'> {
    const named = reached.filter((cell) => this.name(cell));
    const bits = new Uint8Array((this.cells.length + 7) >> 3);
    for (const cell of reached) {
      const at = this.places.get(cell) ?? 0;
      bits[at >> 3] |= 1 << (at & 7);
    }
    return { ...(named.length > 0 && { named }), reached: Buffer.from(bits).toString('base64') };
  }

  /** Whether it is new. */
  private name(cell: Cell): boolean {
    if (this.places.has(cell)) return false;
    this.places.set(cell, this.cells.push(cell) - 1);
    return true;
  }

  private unpacked({ number, unjudged, named = [], reached = '', ...judged }: KeptProgram): TakenProgram {
    for (const cell of named) this.name(cell);
    if (unjudged !== undefined) return { number, came: unjudged, finding: null };
    const bits = Buffer.from(reached, 'base64');
    const { divergence = null, reporting = null, finding = null } = judged;
    return { number, finding,
      came: { divergence, reporting,
        reached: this.cells.filter((_, at) => ((bits[at >> 3] ?? 0) >> (at & 7) & 1) === 1) } };
  }
}
