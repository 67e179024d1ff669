/** `cowlab worker`: carries units of campaigns, on any machine that reaches the engine. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CampaignWorker, kernelsHere, openWithQueue, performerAt } from '@cowlab/campaign';
import { count } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { durationText } from '../campaign/campaign-text.ts';
import { engineAddress, type EngineFlags, ENGINE_HELP, engineOption, listed } from '../campaign/engine-flags.ts';

interface WorkerFlags extends EngineFlags {
  readonly name?: string;
  readonly kernels?: string;
  readonly campaign?: string;
  readonly untilDone?: boolean;
  readonly json?: boolean;
}

export function addWorker(program: Command, io: Io, ends: Ends): void {
  engineOption(program.command('worker'))
    .summary('carries units of campaigns')
    .description('Take units of campaigns and carry them, until it is told to end.')
    .option('--name <name>', 'what it is called (default: host, process and chance)')
    .option('--kernels <series>', 'only these of the kernels that it can ask; none: none')
    .option('--campaign <name>', 'only units of this campaign')
    .option('--until-done', 'end when nothing is left to do')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
It takes only units of campaigns that the same build of cowlab has begun,
and those for a kernel only where it can ask that kernel: its own as root,
others under qemu (cowlab kernels fetch). On Ctrl-C it gives back what it
has at hand. Files that a campaign names are seen from its folder.

${ENGINE_HELP}

Example:
  $ cowlab worker --engine postgres://lab/cowlab --until-done`)
    .action(async (flags: WorkerFlags) => ends(await work(flags, io)));
}

async function work(flags: WorkerFlags, io: Io): Promise<ExitCode> {
  const address = engineAddress(flags, io);
  const name = nameOf(flags);
  const kernels = kernelsOf(flags, io);
  const engine = await openWithQueue(address, { supervises: true });
  const watch = progress(io);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    const place = { cwd: io.cwd, asked: { ...io.asked }, env: { ...io.env } };
    watch.say(`${name} waits for units ...`);
    const worker = new CampaignWorker(engine.database, engine.queue, { name, kernels, performer: performerAt(place),
      signal: ending.signal, untilDone: flags.untilDone === true, only: flags.campaign ?? null,
      onUnit: (key, seconds) => watch.say(`${key}, ${seconds.toFixed(1)} s ...`) });
    const report = await worker.run();
    watch.done();
    io.stdout.write(flags.json === true
      ? `${JSON.stringify({ kind: 'worker', name, kernels, ...report }, null, 2)}\n`
      : `${name}: ${count(report.units, 'unit')} in ${durationText(report.seconds)} of work${
        report.failed === 0 ? '' : `, ${report.failed} failed`
      }.\n`);
    return EXIT.holds;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    watch.done();
    await engine.close().catch(() => undefined);
  }
}

function nameOf({ name }: WorkerFlags): string {
  if (name === undefined)
    return `${hostname().toLowerCase().replace(/[^a-z0-9-]/g, '-')}-${process.pid}-${randomBytes(2).toString('hex')}`;
  if (!/^[a-z0-9][a-z0-9._-]{0,60}$/i.test(name))
    throw new UsageError(`--name ${name} is no name; use letters, digits and . _ -`);
  return name;
}

function kernelsOf({ kernels }: WorkerFlags, io: Io): readonly string[] {
  if (kernels === 'none') return [];
  const here = kernelsHere(io.env);
  if (kernels === undefined) return here;
  const wanted = listed(kernels);
  const missing = wanted.find((one) => !here.includes(one));
  if (missing !== undefined)
    throw new UsageError(
      `--kernels ${missing} cannot be asked here; ${
        here.length === 0 ? 'none can: cowlab doctor says why' : `these can: ${here.join(', ')}`
      }`,
    );
  return wanted;
}
