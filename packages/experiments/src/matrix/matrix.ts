/**
 * The instrument: every situation under every kernel, what the run found, and whether that is what is documented. A
 * kernel is run once for all profiles that have the same policies with the same options.
 */
import { X86_64 } from '@cowlab/core';
import type { Finding } from '@cowlab/runtime';
import { compose, type Lane, stackKey } from '@cowlab/composition';
import { documentCell, type Generation, generationOf } from './document.ts';
import { differences, type MatrixDifference } from './agreement.ts';
import { lettersOf, outcomeOf, type SituationOutcome } from './outcome.ts';
import { recordedLetters } from './recorded-cells.ts';
import type { Situation } from './situations.ts';
import { runScenario } from '@cowlab/trial';

export interface MatrixFinding extends Finding {
  /** Of the scenario's text. */
  readonly line: number;
}

export interface MatrixCell {
  /** `7`, or `22b`. */
  readonly id: string;
  readonly file: string;
  readonly profile: string;
  /** Null for a lane that is none of the profiles. */
  readonly generation: Generation | null;
  /** What the run found, MATRIX_LETTERS. */
  readonly letters: string;
  readonly outcome: SituationOutcome;
  /** What is documented, in the words of matrix-document.ts; null where nothing is. */
  readonly document: string | null;
  /** Null where nothing is documented. */
  readonly agrees: boolean | null;
  readonly differences: readonly MatrixDifference[];
  /** The letters as they were last written down, also of what the document does not speak of; null: nowhere. */
  readonly recorded: string | null;
  /** A race is documented that no order of whole steps shows. */
  readonly race: boolean;
  readonly findings: readonly MatrixFinding[];
}

export interface Matrix {
  readonly kind: 'matrix';
  readonly situations: readonly Omit<Situation, 'scenario'>[];
  readonly kernels: readonly { readonly name: string; readonly generation: Generation | null }[];
  /** By situation, then by kernel. */
  readonly cells: readonly MatrixCell[];
  /** How many runs the cells come from. */
  readonly nrRuns: number;
}

/** `onRun` is told what is about to run. */
export function runMatrix(
  situations: readonly Situation[],
  lanes: readonly Lane[],
  onRun?: (file: string, kernel: string) => void,
): Matrix {
  const kinds = new Map<string, Lane>();
  for (const lane of lanes) if (!kinds.has(stackKey(lane))) kinds.set(stackKey(lane), lane);
  const cells = situations.flatMap(({ id, file, scenario }) => {
    const runs = new Map([...kinds].map(([key, lane]) => {
      onRun?.(file, lane.name);
      const [lab] = compose([lane], { geometry: X86_64 });
      const run = runScenario(scenario, lab);
      const findings = run.steps.flatMap(({ line, findings: found }) => found.map((finding) => ({ ...finding, line })));
      return [key, { outcome: outcomeOf(run), findings }];
    }));
    return lanes.map((lane): MatrixCell => {
      const { outcome, findings } = runs.get(stackKey(lane)) as { outcome: SituationOutcome;
        findings: readonly MatrixFinding[] };
      const document = documentCell(id, lane.name);
      const differ = document === null ? [] : differences(outcome, document.claims);
      return { id, file, profile: lane.name, generation: generationOf(lane.name), letters: lettersOf(outcome), outcome,
        document: document?.text ?? null, agrees: document === null ? null : differ.length === 0, differences: differ,
        recorded: recordedLetters(id, lane.name), race: document?.claims.race ?? false, findings };
    });
  });
  return { kind: 'matrix', situations: situations.map(({ id, row, file, text }) => ({ id, row, file, text })),
    kernels: lanes.map(({ name }) => ({ name, generation: generationOf(name) })), cells,
    nrRuns: situations.length * kinds.size };
}

/** Other letters than those written down, where nothing documented says that they are wrong. */
export function isChanged({ agrees, letters, recorded }: MatrixCell): boolean {
  return agrees !== false && recorded !== null && letters !== recorded;
}

export interface MatrixFigures {
  readonly agree: number;
  readonly differ: number;
  readonly undocumented: number;
  /** As documented, as far as that goes, and yet not what was written down of them. */
  readonly changed: number;
}

export function matrixFigures({ cells }: Matrix): MatrixFigures {
  const count = (agrees: boolean | null): number => cells.filter((cell) => cell.agrees === agrees).length;
  return { agree: count(true), differ: count(false), undocumented: count(null),
    changed: cells.filter(isChanged).length };
}

export interface MatrixColumn {
  readonly kernels: readonly string[];
  /** Of the first of them, one for each situation. */
  readonly cells: readonly MatrixCell[];
}

/** Neighbouring kernels that do the same in every situation make one column. */
export function matrixColumns({ situations, kernels, cells }: Matrix): MatrixColumn[] {
  const columns: { kernels: string[]; cells: MatrixCell[] }[] = [];
  kernels.forEach(({ name }, at) => {
    const its = situations.map((_, row) => cells[row * kernels.length + at]);
    const last = columns[columns.length - 1];
    if (last !== undefined && its.every((cell, row) => sameCell(cell, last.cells[row]))) last.kernels.push(name);
    else columns.push({ kernels: [name], cells: its });
  });
  return columns;
}

function sameCell(one: MatrixCell, other: MatrixCell): boolean {
  return one.letters === other.letters && one.agrees === other.agrees && one.race === other.race;
}
