/** `cowlab campaign status|list|report|findings`: looked at, also while workers are at it. */
import { campaignNamed, campaigns, campaignStatus, type Database, findings, openMetrics,
  openToLook } from '@cowlab/campaign';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { findingsText, listText, statusText } from './campaign-text.ts';
import { engineAddress, type EngineFlags, engineOption } from './engine-flags.ts';
import { exitOf, reportOf } from './report-of.ts';

interface LookFlags extends EngineFlags {
  readonly json?: boolean;
  readonly openmetrics?: boolean;
}

export function addLooks(campaign: Command, io: Io, ends: Ends): void {
  const look = (name: string): Command =>
    engineOption(campaign.command(name)).option('--json', 'print data instead of text');
  const one = (name: string): Command => look(name).argument('[campaign]', 'its name (default: the last one begun)');

  one('status').summary('how far it is, and who is at it')
    .description('How far a campaign is: rate, what is left with its bounds, workers, and what could not be done.')
    .option('--openmetrics', 'all campaigns, as Prometheus scrapes them')
    .addHelpText('after', `
Example:
  $ cowlab campaign status --engine pglite:cowlab-campaign`)
    .action(async (name: string | undefined, flags: LookFlags) => ends(await status(name ?? null, flags, io)));

  look('list').summary('all campaigns of an engine')
    .description('All campaigns of an engine: their state, and how far they are.')
    .addHelpText('after', `
Example:
  $ cowlab campaign list --json`)
    .action(async (flags: LookFlags) => ends(await list(flags, io)));

  one('report').summary('what it came to')
    .description('What a campaign came to: growth of coverage and of findings, tables, verdicts, and its findings.')
    .addHelpText('after', `
Cells are facts, verdicts and atomic steps of the model, decisions those
that are verdicts of policies, step pairs kinds of step right behind one
another, causes what was found by the first so many programs.

Exit code 1 when there is a finding, when a unit could not be done, or
when a worker came to other outcomes than two others did.

Example:
  $ cowlab campaign report --json`)
    .action(async (name: string | undefined, flags: LookFlags) =>
      ends(await looking(flags, io, (database) => reportOf(database, name ?? null, flags, io)))
    );

  one('findings').summary('what it found, once for each cause')
    .description(
      'What a campaign found: for each cause the smallest program, where the two part, and which policies matter.',
    )
    .addHelpText('after', `
A cause is a lane, whom it was compared with, the kind of difference, and
what the smallest program does. Findings are kept in the journal that the
engine is, as campaign/KIND/NAME: cowlab journal show.

Example:
  $ cowlab campaign findings`)
    .action(async (name: string | undefined, flags: LookFlags) => ends(await told(name ?? null, flags, io)));
}

/** Only what is there is looked at. */
async function looking<T>(flags: EngineFlags, io: Io, look: (database: Database) => Promise<T>): Promise<T> {
  const database = await openToLook(engineAddress(flags, io), { existing: true });
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}

function status(name: string | null, flags: LookFlags, io: Io): Promise<ExitCode> {
  if (flags.openmetrics === true && (flags.json === true || name !== null))
    throw new UsageError('--openmetrics speaks of all campaigns in its own format; leave out the rest');
  return looking(flags, io, async (database) => {
    const chosen = flags.openmetrics === true ? await campaigns(database) : [await campaignNamed(database, name)];
    const all = await Promise.all(chosen.map((one) => campaignStatus(database, one)));
    io.stdout.write(flags.openmetrics === true
      ? openMetrics(all)
      : flags.json === true
      ? `${JSON.stringify({ kind: 'campaign-status', campaigns: all }, null, 2)}\n`
      : `${all.flatMap(statusText).join('\n')}\n`);
    return EXIT.holds;
  });
}

function list(flags: LookFlags, io: Io): Promise<ExitCode> {
  return looking(flags, io, async (database) => {
    const all = await Promise.all((await campaigns(database)).map((one) => campaignStatus(database, one)));
    io.stdout.write(flags.json === true
      ? `${JSON.stringify({ kind: 'campaign-status', campaigns: all }, null, 2)}\n`
      : `${listText(all).join('\n')}\n`);
    return EXIT.holds;
  });
}

function told(name: string | null, flags: LookFlags, io: Io): Promise<ExitCode> {
  return looking(flags, io, async (database) => {
    const campaign = await campaignNamed(database, name);
    const found = await findings(database, campaign);
    if (flags.json === true)
      io.stdout.write(
        `${JSON.stringify({ kind: 'campaign-findings', campaign: campaign.name, findings: found }, null, 2)}\n`,
      );
    else io.stdout.write(`${found.length === 0 ? 'Nothing was found.' : findingsText(found).slice(1).join('\n')}\n`);
    return exitOf({ status: await campaignStatus(database, campaign), findings: found });
  });
}
