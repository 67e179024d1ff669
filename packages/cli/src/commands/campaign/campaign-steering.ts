/** `cowlab campaign pause|resume|cancel|retry`: what becomes of the units that are not done. */
import { availableParallelism } from 'node:os';
import { type Campaign, campaignNamed, campaignStatus, type CampaignState, type Engine, openWithQueue,
  setState } from '@cowlab/campaign';
import type { Command } from 'commander';
import { count } from '@cowlab/prose';
import { type Ends, EXIT, type ExitCode, type Io, progress } from '../../terminal/io.ts';
import { statusText } from './campaign-text.ts';
import { engineAddress, type EngineFlags, engineOption, isServer, whole } from './engine-flags.ts';
import { carryHere } from './local-workers.ts';
import { reportOf } from './report-of.ts';

interface SteerFlags extends EngineFlags {
  readonly workers?: string;
  readonly json?: boolean;
}

export function addSteering(campaign: Command, io: Io, ends: Ends): void {
  const steer = (name: string): Command =>
    engineOption(campaign.command(name).argument('[campaign]', 'its name (default: the last one begun)'))
      .option('--json', 'print data instead of text');

  steer('pause').summary('no more units are begun')
    .description('No more units of a campaign are begun; those that are under way are carried to their end.')
    .addHelpText('after', `
Example:
  $ cowlab campaign pause night`)
    .action(async (name: string | undefined, flags: SteerFlags) =>
      ends(await within(name, flags, io, (engine, it) => become(engine, it, 'paused')))
    );

  steer('resume').summary('it goes on where it stood')
    .description('A campaign goes on where it stood: after a pause, after a crash, on another machine.')
    .option('--workers <n>', 'started here (default: one a CPU; with a server 0)')
    .addHelpText('after', `
Example:
  $ cowlab campaign resume night --workers 2`)
    .action(async (name: string | undefined, flags: SteerFlags) => ends(await resume(name, flags, io)));

  steer('cancel').summary('what is not done is dropped')
    .description('What is not done of a campaign is dropped. What was found until then stays.')
    .addHelpText('after', `
Example:
  $ cowlab campaign cancel night`)
    .action(async (name: string | undefined, flags: SteerFlags) =>
      ends(await within(name, flags, io, async (engine, it) => {
        await become(engine, it, 'cancelled');
        await engine.queue.cancel(it.id, it.needs);
      }))
    );

  steer('retry').summary('what could not be done is tried again')
    .description('Units that were tried as often as they may be are tried again.')
    .addHelpText('after', `
Example:
  $ cowlab campaign retry night`)
    .action(async (name: string | undefined, flags: SteerFlags) =>
      ends(await within(name, flags, io, async ({ queue }, it) => {
        const nr = await queue.retry(it.id);
        if (flags.json !== true) io.stdout.write(`${count(nr, 'unit')} will be tried again.\n`);
      }))
    );
}

function become({ database }: Engine, campaign: Campaign, state: CampaignState): Promise<void> {
  return setState(database, campaign, state);
}

async function within(
  name: string | undefined,
  flags: SteerFlags,
  io: Io,
  work: (engine: Engine, campaign: Campaign) => Promise<void>,
): Promise<ExitCode> {
  const engine = await openWithQueue(engineAddress(flags, io), { existing: true });
  try {
    const campaign = await campaignNamed(engine.database, name ?? null);
    await work(engine, campaign);
    const status = await campaignStatus(engine.database, await campaignNamed(engine.database, campaign.name));
    io.stdout.write(flags.json === true
      ? `${JSON.stringify({ kind: 'campaign-status', campaigns: [status] }, null, 2)}\n`
      : `${statusText(status).join('\n')}\n`);
    return EXIT.holds;
  } finally {
    await engine.close();
  }
}

async function resume(name: string | undefined, flags: SteerFlags, io: Io): Promise<ExitCode> {
  const address = engineAddress(flags, io);
  const workers = whole('--workers', flags.workers, 0, 256) ?? (isServer(address) ? 0 : availableParallelism());
  if (workers === 0) return within(name, flags, io, (engine, it) => become(engine, it, 'running'));
  const engine = await openWithQueue(address, { existing: true, supervises: true });
  const watch = progress(io);
  try {
    const campaign = await campaignNamed(engine.database, name ?? null);
    if (campaign.state !== 'done') {
      await setState(engine.database, campaign, 'running');
      await carryHere(engine, campaign, { address, workers, io, say: (text) => watch.say(text) });
    }
    watch.done();
    return await reportOf(engine.database, campaign.name, flags, io);
  } finally {
    watch.done();
    await engine.close();
  }
}
