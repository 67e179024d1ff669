/** The thread that a command runs in when it is isolated. */
import { parentPort, workerData } from 'node:worker_threads';
import { watchHooks } from '@cowlab/composition';
import { main } from '../cli.ts';
import { guardProcess } from '../terminal/foreign-code.ts';
import { EXIT } from '../terminal/io.ts';
import { descriptorOutput } from '../terminal/process-output.ts';
import type { IsolatedCommand, Said } from './isolated.ts';
import { asking } from './questions.ts';

if (parentPort !== null) {
  const { argv, memory, isTTY } = workerData as IsolatedCommand;
  const port = parentPort;
  const say = (said: Said): void => port.postMessage(said);
  watchHooks(asking(memory, (question, name) => say({ question, name })));
  const stdout = descriptorOutput(1, isTTY.stdout);
  const stderr = descriptorOutput(2, isTTY.stderr);
  guardProcess((line) => say({ late: line }));
  const code = await main(argv, { stdout, stderr, cwd: process.cwd(), env: process.env });
  await new Promise((resolve) => setImmediate(resolve));
  const problem = stdout.problem();
  if (problem !== null) stderr.write(`cowlab: the output cannot be written (${problem}); give it another place\n`);
  say({ code: problem === null ? code : EXIT.misuse });
}
