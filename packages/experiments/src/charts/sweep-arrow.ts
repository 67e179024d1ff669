/**
 * A sweep's table in the Arrow file format, for pandas, Polars, DuckDB and whoever else reads it: the columns of the CSV,
 * numbers as doubles, everything else as words.
 */
import type * as Flechette from '@uwdata/flechette';
import { SweepError } from '../sweep/sweep-error.ts';
import type { SweepTable } from '../sweep/sweep-table.ts';

/** @throws SweepError when the library is not installed */
export async function sweepArrow({ parameters, measures, rows }: SweepTable): Promise<Uint8Array> {
  const { float64, tableFromArrays, tableToIPC, utf8 } = await library();
  const columns: [name: string, values: (string | number)[]][] = [
    ...parameters.map((name): [string, (string | number)[]] => {
      const values = rows.map((row) => row.parameters[name]);
      return [name, values.every((value) => typeof value === 'number') ? values : values.map(String)];
    }),
    ['lane', rows.map(({ lane }) => lane)],
    ['repeats', rows.map((row) => row.measures[measures[0]].nr)],
    ...measures.flatMap((name): [string, number[]][] =>
      (['mean', 'low', 'high'] as const).map((
        part,
      ) => [part === 'mean' ? name : `${name} ${part}`, rows.map((row) => row.measures[name][part])])
    ),
  ];
  const types = Object.fromEntries(
    columns.map(([name, values]) => [name, typeof values[0] === 'number' ? float64() : utf8()]),
  );
  return tableToIPC(tableFromArrays(columns, { types }), { format: 'file' }) as Uint8Array;
}

async function library(): Promise<typeof Flechette> {
  try {
    return await import('@uwdata/flechette');
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SweepError('arrow', 'the library that writes it is not installed',
      'npm install @uwdata/flechette, or take the table as CSV', { cause });
  }
}
