/** @cowlab/checker/litmus: litmus tests from files and from names, answered by the memory models that races run on. */

export { answer, LITMUS_MEMORIES, type LitmusMemory, type LitmusVerdict } from './litmus/answer.ts';
export { generate } from './litmus/generate.ts';
export { type Architecture, type LitmusTest } from './litmus/program.ts';
export { LitmusError, readLitmus } from './litmus/read-litmus.ts';
export { parseNames } from './litmus/parse-names.ts';
