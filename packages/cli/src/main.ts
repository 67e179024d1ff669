/** The process around the command. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from './cli.ts';
import { isIsolated } from './isolation/asked-code.ts';
import { runIsolated } from './isolation/isolated.ts';
import { guardProcess, type ProcessEnds } from './terminal/foreign-code.ts';
import { EXIT } from './terminal/io.ts';
import { processOutput } from './terminal/process-output.ts';

const argv = process.argv.slice(2);
const thread = new URL('./isolation/isolated-thread.js', import.meta.url);
process.exitCode = isIsolated(argv) && existsSync(fileURLToPath(thread))
  ? await runIsolated(thread, argv, (line) => void process.stderr.write(`cowlab: ${line}\n`))
  : await here();

async function here(): Promise<number> {
  const stdout = processOutput(process.stdout);
  const stderr = processOutput(process.stderr);
  const leave = (process as unknown as ProcessEnds).reallyExit.bind(process);
  let isDone = false;
  guardProcess((line) => {
    process.stderr.write(`cowlab: ${line}\n`);
    leave(EXIT.misuse);
  });
  process.on('exit', () => {
    if (isDone) return;
    // Nothing is left that could go on, and no answer was given.
    process.stderr.write('cowlab: the work ended before its answer; leave out policies of others to see which\n');
    process.exitCode = EXIT.misuse;
  });
  const code = await main(argv, { stdout, stderr, cwd: process.cwd(), env: process.env });
  // Errors of a stream come a moment after the text that they are about.
  await new Promise((resolve) => setImmediate(resolve));
  isDone = true;
  const problem = stdout.problem();
  if (problem !== null) stderr.write(`cowlab: the output cannot be written (${problem}); give it another place\n`);
  return problem === null ? code : EXIT.misuse;
}
