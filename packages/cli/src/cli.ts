/**
 * The `cowlab` command, as a function: arguments in, exit code out. It never throws and never ends the process, so it
 * can be tested and embedded.
 */
import { readFileSync } from 'node:fs';
import { COLUMNS } from '@cowlab/prose';
import { Command, CommanderError } from 'commander';
import { describeError } from './terminal/describe-error.ts';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from './terminal/io.ts';

/** From src/ and from dist/ alike. */
const MANIFEST = new URL('../package.json', import.meta.url);

/** `argv` without node and script. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: EXIT.holds };
  const program = await programOf(argv, quieted(argv, io), (code) => {
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

type Add = (program: Command, io: Io, ends: Ends) => void;

/** In the order of the help. A command is loaded when it is asked for: together they are a second's work. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  demo: async () => (await import('./commands/demo/demo.ts')).addDemo,
  compare: async () => (await import('./commands/compare/compare.ts')).addCompare,
  sweep: async () => (await import('./commands/sweep/sweep.ts')).addSweep,
  check: async () => (await import('./commands/check/check.ts')).addCheck,
  litmus: async () => (await import('./commands/litmus/litmus.ts')).addLitmus,
  run: async () => (await import('./commands/run/run.ts')).addRun,
  replay: async () => (await import('./commands/replay/replay.ts')).addReplay,
  journal: async () => (await import('./commands/journal/journal.ts')).addJournal,
  conform: async () => (await import('./commands/conform/conform.ts')).addConform,
  record: async () => (await import('./commands/record/record.ts')).addRecord,
  fuzz: async () => (await import('./commands/fuzz/fuzz.ts')).addFuzz,
  campaign: async () => (await import('./commands/campaign/campaign.ts')).addCampaign,
  worker: async () => (await import('./commands/worker/worker.ts')).addWorker,
  kernels: async () => (await import('./commands/kernels/kernels.ts')).addKernels,
  matrix: async () => (await import('./commands/matrix/matrix.ts')).addMatrix,
  init: async () => (await import('./commands/init/init.ts')).addInit,
  explain: async () => (await import('./commands/explain/explain.ts')).addExplain,
  doctor: async () => (await import('./commands/doctor/doctor.ts')).addDoctor,
  trace: async () => (await import('./commands/trace/trace.ts')).addTrace,
  inspect: async () => (await import('./commands/inspect/inspect.ts')).addInspect,
  verdict: async () => (await import('./commands/verdict/verdict.ts')).addVerdict,
  calibrate: async () => (await import('./commands/calibrate/calibrate.ts')).addCalibrate,
  project: async () => (await import('./commands/project/project.ts')).addProject,
  studio: async () => (await import('./commands/studio/studio.ts')).addStudio,
  policies: async () => (await import('./commands/policies/policies.ts')).addPolicies,
  completion: async () => (await import('./commands/completion/completion.ts')).addCompletion,
};

/** Commands whose work may take long enough for a line of progress. */
const LONG: ReadonlySet<string> = new Set(['demo', 'compare', 'sweep', 'check', 'conform', 'record', 'fuzz', 'matrix',
  'fetch', 'list', 'verify', 'calibrate', 'worker', 'resume']);

function addQuiet(program: Command): void {
  for (const command of program.commands) {
    if (LONG.has(command.name())) command.option('--quiet', 'no progress');
    addQuiet(command);
  }
}

/** Progress is for whoever watches stderr, and `--quiet` says that nobody does. */
function quieted(argv: readonly string[], io: Io): Io {
  if (!argv.includes('--quiet')) return io;
  return { ...io, stderr: { write: (text) => io.stderr.write(text), isTTY: false } };
}

async function programOf(argv: readonly string[], around: Io, ends: Ends): Promise<Command> {
  const program: Command = new Command('cowlab');
  const io: Io = { ...around, get asked() {
    const { config, plugin } = program.opts<{ config?: string; plugin?: readonly string[] }>();
    return { config, plugins: plugin ?? [] };
  } };
  program
    .version((JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version)
    .description('A laboratory for Linux copy-on-write, fork() and pinned pages.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Its errors come out as one line, above.
      writeErr: () => undefined,
      getOutHelpWidth: () => COLUMNS,
      getOutHasColors: () => false,
    })
    .option('--config <file>', 'settings: data, or code to run')
    .option('--plugin <policy>', 'a path or package: code to run',
      (policy: string, before: readonly string[] = []) => [...before, policy])
    .option('--isolate', 'run it in a thread that is watched')
    .option('--no-isolate', 'run it in the main thread')
    .addHelpText('after', `
These go with all commands. A cowlab.config.json (.yaml, .toml) of the
current folder is read as data; nothing that merely lies there is run.
Code of others runs in a thread that ends when a policy does not answer.

Exit codes: 0 it holds; 1 a finding (an expectation failed, or a hazard
that --fail-on names); 2 bad usage or input, said in one line on stderr.
COWLAB_DEBUG=1 adds the stack of an error. There are no colours to turn
off, and no progress where stderr is no terminal or TERM is dumb.

Example:
  $ cowlab demo`);
  // Options may come before the command, and their values be called like one. Completion speaks of all commands.
  const named = argv.includes('completion') ? [] : Object.entries(COMMANDS).filter(([name]) => argv.includes(name));
  for (const [, load] of named.length > 0 ? named : Object.entries(COMMANDS)) (await load())(program, io, ends);
  addQuiet(program);
  return program;
}
