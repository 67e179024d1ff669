/**
 * Whether what a chunk holds can be a log at all: sums find accidents, and a journal may come from anybody. Looked at
 * column by column, which is many times faster than entry by entry.
 */

import { commandsProblem, eventsProblem, type FieldValues, resultProblem } from '@cowlab/runtime';
import type { PackedEntries } from './packed-entries.ts';
import type { Table } from './table.ts';

const KINDS = { n: 'number', b: 'boolean', s: 'string' } as const;

/** In a few words; null: nothing. */
export function packedProblem({ head, commands, events, values, failures }: PackedEntries): string | null {
  for (const table of commands) {
    const problem = commandsProblem(table.type, fieldsOf(table), head.geometry);
    if (problem !== null) return problem;
  }
  for (const table of events) {
    const problem = eventsProblem(table.type, fieldsOf(table), head.geometry);
    if (problem !== null) return problem;
  }
  for (const failure of failures) {
    if (!Array.isArray(failure)) return 'a result that failed is none';
    const [, errno, why] = failure;
    const problem = resultProblem({ ok: false, errno, why });
    if (problem !== null) return problem;
  }
  return values.nr === 0 || values.bounds().every(Number.isFinite) ? null : 'a result has no number';
}

function fieldsOf(table: Table): ReadonlyMap<string, FieldValues> {
  return new Map(table.fields.map(({ name, kind }, at) => {
    const column = table.columns[at];
    return [name, { kind: KINDS[kind], nr: column.nr, at: (i) => column.at(i), bounds: () => column.bounds(),
      isWhole: column.isWhole, words: table.wordsOf(at) }];
  }));
}
