/** @cowlab/cli: the `cowlab` command as a function. */

export { main } from './cli.ts';
export { EXIT, type ExitCode, type Io, type Output } from './terminal/io.ts';
