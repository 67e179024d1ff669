/**
 * The `cowlab` command, as a function: arguments in, exit code out. It never throws and never ends the process, so it
 * can be tested and embedded.
 */
import { Command, CommanderError } from 'commander';
import { addCheck } from './check.ts';
import { addCompare } from './compare.ts';
import { addConform } from './conform.ts';
import { addDemo } from './demo.ts';
import { describeError } from './describe-error.ts';
import { addFuzz } from './fuzz.ts';
import { COLUMNS, type Ends, EXIT, type ExitCode, type Io, UsageError } from './io.ts';
import { addKernels } from './kernels.ts';
import { addMatrix } from './matrix.ts';
import { addPolicies } from './policies.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';

const VERSION = '0.1.0';

/** `argv` without node and script. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: EXIT.holds };
  const program = programOf(io, (code) => {
    outcome.code = code;
  });
  try {
    if (argv.length === 0) throw new UsageError('no command is given; try cowlab demo, or cowlab --help');
    await program.parseAsync([...argv], { from: 'user' });
    return outcome.code;
  } catch (error) {
    // --help ends the parsing by an exception too.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.holds;
    io.stderr.write(`cowlab: ${describeError(error)}\n`);
    if (io.env.COWLAB_DEBUG === '1' && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    return EXIT.misuse;
  }
}

function programOf(io: Io, ends: Ends): Command {
  const program = new Command('cowlab')
    .version(VERSION)
    .description('A laboratory for Linux copy-on-write, fork() and pinned pages.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Its errors come out as one line, above.
      writeErr: () => undefined,
      getOutHelpWidth: () => COLUMNS,
      getOutHasColors: () => false,
    })
    .addHelpText('after', `
Exit codes: 0 it holds; 1 a finding (an expectation failed, or a hazard
that --fail-on names); 2 bad usage or input, said in one line on stderr.
COWLAB_DEBUG=1 adds the stack of an error.

Example:
  $ cowlab demo`);
  for (const add of [addDemo, addCompare, addCheck, addRun, addReplay, addConform, addRecord, addFuzz, addKernels, addMatrix, addPolicies]) add(program, io, ends);
  return program;
}
