/** Finished cells of a sweep, in a journal. */
import type { KeptCells, SweepHead } from '@cowlab/experiments/node';
import { KeptResults } from '../../journal/kept-results.ts';
import { experimentOf } from '../../journal/run-names.ts';
import type { Io } from '../../terminal/io.ts';

interface Cell {
  readonly cell: number;
  readonly values: readonly number[];
}

export class KeptCellsInJournal implements KeptCells {
  readonly done: ReadonlyMap<number, readonly number[]>;

  private constructor(private readonly kept: KeptResults, head: SweepHead) {
    this.done = new Map(
      kept.found.filter((value) => isCell(value, head)).map(({ cell, values }) => [cell, values]),
    );
  }

  static async open(address: string, file: string, head: SweepHead, io: Io): Promise<KeptCellsInJournal> {
    const { measures } = head;
    const kept = await KeptResults.open(address, { command: 'sweep', experiment: experimentOf(file), lane: 'sweep',
      asked: `sweep of ${file}, ${head.cells} cells, measured by ${measures.join(', ')}`, question: head }, io);
    if (kept === null) throw new Error('no journal is asked for');
    return new KeptCellsInJournal(kept, head);
  }

  add(cells: readonly (readonly [cell: number, values: readonly number[]])[]): void {
    for (const [cell, values] of cells) this.kept.add({ cell, values });
  }

  async close(whole: boolean): Promise<void> {
    try {
      if (whole) await this.kept.finish();
    } finally {
      await this.kept.close();
    }
  }

  get text(): string {
    return this.kept.text;
  }
}

const isCell = (value: unknown, { cells, measures }: SweepHead): value is Cell => {
  const { cell, values } = (value ?? {}) as Partial<Cell>;
  return Number.isSafeInteger(cell) && (cell as number) >= 0 && (cell as number) < cells && Array.isArray(values)
    && values.length === measures.length && values.every((one) => typeof one === 'number');
};
