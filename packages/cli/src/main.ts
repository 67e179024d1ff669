/** The process around the command. */
import { main } from './cli.ts';
import { guardProcess } from './terminal/foreign-code.ts';
import { EXIT } from './terminal/io.ts';
import { processOutput } from './terminal/process-output.ts';

const stdout = processOutput(process.stdout);
const stderr = processOutput(process.stderr);
const done = guardProcess(EXIT.misuse);
const code = await main(process.argv.slice(2), { stdout, stderr, cwd: process.cwd(), env: process.env });
// Errors of a stream come a moment after the text that they are about.
await new Promise((resolve) => setImmediate(resolve));
done();
const problem = stdout.problem();
if (problem !== null) stderr.write(`cowlab: the output cannot be written (${problem}); give it another place\n`);
process.exitCode = problem === null ? code : EXIT.misuse;
