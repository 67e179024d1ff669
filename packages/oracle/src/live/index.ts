/** @cowlab/oracle/live: the kernel of this machine as the judge. The only part of the package that needs Node, and root. */

export { whyNotLive } from './agent.ts';
export { LiveError } from './live-error.ts';
export { randomProgram, type RandomProgramSettings } from './random-programs.ts';
export { type LiveProgram, type LiveRecording, recordLive } from './record.ts';
