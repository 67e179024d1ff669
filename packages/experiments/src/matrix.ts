/** @cowlab/experiments/matrix: every situation on every kernel, held against what the document says. */

export type { MatrixDifference } from './matrix/agreement.ts';
export { type Generation, generationOf, generations } from './matrix/document.ts';
export { type Matrix, type MatrixCell, type MatrixColumn, matrixColumns, isChanged, matrixFigures, type MatrixFigures,
  type MatrixFinding, runMatrix } from './matrix/matrix.ts';
export { type ChildSight, MATRIX_LETTERS, type SituationOutcome } from './matrix/outcome.ts';
export { chooseSituations, type Situation } from './matrix/situations.ts';
