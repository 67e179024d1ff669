/** A campaign's report: how far it is, what it came to, what it found. The exit code says whether anything was found. */
import { campaignNamed, campaignStatus, type CampaignStatus, conformanceOf, type Database, type Finding, findings,
  type Growth, growth, type RaceOutcome, racesOf, sweepTableOf } from '@cowlab/campaign';
import { sweepText, type SweepTable } from '@cowlab/experiments/sweep';
import type { KernelConformance } from '@cowlab/conformance';
import { table } from '@cowlab/prose';
import { EXIT, type ExitCode, type Io } from '../../terminal/io.ts';
import { conformText } from '../conform/conform-text.ts';
import { findingsText, growthText, statusText } from './campaign-text.ts';

interface Report {
  readonly status: CampaignStatus;
  readonly findings: readonly Finding[];
  readonly growth: Growth | null;
  readonly table: SweepTable | null;
  readonly races: readonly RaceOutcome[] | null;
  readonly results: readonly KernelConformance[] | null;
}

export async function reportOf(
  database: Database,
  name: string | null,
  { json }: { readonly json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const report = await gathered(database, name, io);
  io.stdout.write(json === true
    ? `${JSON.stringify({ kind: 'campaign-report', ...report }, null, 2)}\n`
    : `${reportText(report).join('\n')}\n`);
  return exitOf(report);
}

export function exitOf(
  { status: { units, again, workers }, findings: found }: Pick<Report, 'status' | 'findings'>,
): ExitCode {
  const odd = units.dead > 0 || again.disputed > 0 || workers.some(({ distrusted }) => distrusted);
  return found.length > 0 || odd ? EXIT.finding : EXIT.holds;
}

async function gathered(database: Database, name: string | null, io: Io): Promise<Report> {
  const campaign = await campaignNamed(database, name);
  const { kind, state } = campaign;
  const found = await findings(database, campaign);
  const place = { cwd: io.cwd, asked: { ...io.asked }, env: io.env };
  return { status: await campaignStatus(database, campaign), findings: found,
    growth: kind === 'fuzz' ? await growth(database, campaign, found) : null,
    table: kind === 'sweep' && state === 'done' ? await sweepTableOf(database, campaign, place) : null,
    races: kind === 'check' ? await racesOf(database, campaign) : null,
    results: kind === 'conform' ? await conformanceOf(database, campaign) : null };
}

function reportText({ status, findings: found, growth: grown, table: cells, races, results }: Report): string[] {
  return [
    ...statusText(status),
    ...(grown === null || grown.points.length === 0 ? [] : ['', ...growthText(grown)]),
    ...(cells === null ? [] : ['', ...sweepText(cells)]),
    ...(races === null || races.length === 0 ? [] : ['', ...racesText(races)]),
    ...(results === null || results.length === 0 ? [] : ['', ...conformText(results, undefined)]),
    // Of recordings the text above tells them.
    ...(results === null ? findingsText(found) : []),
  ];
}

function racesText(races: readonly RaceOutcome[]): string[] {
  return table(['race', 'lane', 'memory', 'verdict', 'claimed', 'states'], races.map((
    { race, lane, memory, verdict, claim, states },
  ) => [race, lane, memory, verdict, claim === null ? '-' : claim === verdict ? 'yes' : `NO: ${claim}`,
    String(states)]
  ), ['left', 'left', 'left', 'left', 'left', 'right']);
}
