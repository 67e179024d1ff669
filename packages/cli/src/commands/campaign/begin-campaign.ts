/** A campaign from its question to its report: units are cut and entered, workers of this machine carry them. */
import { availableParallelism } from 'node:os';
import { beginCampaign, buildHash, type Campaign, cut, type Engine, openWithQueue,
  type Question } from '@cowlab/campaign';
import type { Command } from 'commander';
import { count, paragraph, shellWord } from '@cowlab/prose';
import { runName } from '../../journal/run-names.ts';
import { EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { engineAddress, type EngineFlags, engineOption, isServer, whole } from './engine-flags.ts';
import { carryHere } from './local-workers.ts';
import { reportOf } from './report-of.ts';

export interface BeginFlags extends EngineFlags {
  readonly workers?: string;
  readonly name?: string;
  readonly priority?: string;
  readonly twice: string;
  readonly unit?: string;
  readonly json?: boolean;
}

export function beginOptions(command: Command): Command {
  return engineOption(command)
    .option('--workers <n>', 'started here (default: one a CPU; with a server 0)')
    .option('--name <name>', 'what the campaign is called (default: by the clock)')
    .option('--priority <n>', 'of several campaigns the higher goes first', '0')
    .option('--twice <share>', 'of the units, run again by another worker', '0.05')
    .option('--unit <n>', 'programs or cells of a unit (default: what takes ten seconds)')
    .option('--json', 'print data instead of text');
}

export const BEGIN_HELP = `With --workers 0 the units are entered, and cowlab worker carries them from
wherever it is started. --twice 0 trusts every worker; a unit that is run
twice must come to the same by its hash, and where two workers differ a
third one decides.`;

export async function begin(question: Question, asked: string, flags: BeginFlags, io: Io): Promise<ExitCode> {
  const address = engineAddress(flags, io);
  const workers = whole('--workers', flags.workers, 0, 256) ?? (isServer(address) ? 0 : availableParallelism());
  const share = shareOf(flags.twice);
  const size = whole('--unit', flags.unit, 1);
  const priority = whole('--priority', flags.priority, 0, 1000) ?? 0;
  const watch = progress(io);
  watch.say('cutting it into units ...');
  let engine: Engine | null = null;
  try {
    const units = await cut(question, { cwd: io.cwd, asked: { ...io.asked }, env: io.env }, { size });
    if (units.length === 0) throw new UsageError('there is nothing to do; ask for more');
    watch.say('opening the engine ...');
    engine = await openWithQueue(address, { supervises: workers > 0 });
    const campaign = await beginCampaign(engine.database, engine.queue, {
      name: flags.name ?? `${question.kind}-${runName().slice(0, 15)}-${runName().slice(-4)}`,
      build: buildHash(),
      asked,
      question,
      priority,
      share,
      units,
    });
    if (workers === 0) return await entered(campaign, units.length, address, engine, flags, io);
    await carryHere(engine, campaign, { address, workers, io, say: (text) => watch.say(text) });
    watch.done();
    return await reportOf(engine.database, campaign.name, flags, io);
  } finally {
    watch.done();
    await engine?.close();
  }
}

async function entered(
  { name }: Campaign,
  units: number,
  address: string,
  { database }: Engine,
  flags: BeginFlags,
  io: Io,
): Promise<ExitCode> {
  if (flags.json === true) await reportOf(database, name, flags, io);
  else {
    io.stdout.write(
      `${
        [...paragraph(`Campaign ${name} has ${count(units, 'unit')}. They wait for workers:`),
          `  cowlab worker --engine ${shellWord(isServer(address) ? address : flags.engine ?? 'pglite')}`].join('\n')
      }\n`,
    );
  }
  return EXIT.holds;
}

function shareOf(text: string): number {
  const value = /^(?:0|1|0?\.\d{1,6}|1\.0)$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) throw new UsageError(`--twice ${text} is no share; give one from 0 to 1, such as 0.05`);
  return value;
}
