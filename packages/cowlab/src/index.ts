/** cowlab: the command as a function, and what a `cowlab.config.ts` is written with. */

export { EXIT, type ExitCode, type Io, main, type Output } from '@cowlab/cli';
export { type CowlabConfig, defineConfig } from '@cowlab/composition/node';
