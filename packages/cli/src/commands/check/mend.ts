/** `cowlab check --mend`: the least sets of barriers with which a race is safe. */
import { type Mend, type Race, RACE_MEMORIES, STRENGTHENINGS } from '@cowlab/checker';
import { chooseRaceLanes, type MendReport, mendsIn } from '@cowlab/experiments/check';
import { count, paragraph, table } from '@cowlab/prose';
import { EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { large, watched } from './check-progress.ts';
import { type CheckFlags, isWalk, type Settings } from './check-settings.ts';

/** What goes with one order, or with the verdict alone. */
const OTHERS = ['replay', 'export', 'journal', 'mermaid', 'perfetto', 'gallery', 'diagram', 'explain'] as const;

export async function mendAll(
  races: readonly Race[],
  flags: CheckFlags,
  settings: Settings,
  io: Io,
): Promise<ExitCode> {
  const other = OTHERS.find((name) => flags[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--mend and --${other} are two questions; ask one`);
  if (isWalk(settings.explorer))
    throw new UsageError(`--mend takes a search; leave out --explorer ${settings.explorer}`);
  const workplace = await openHere(io);
  const all: { readonly race: Race; readonly mends: readonly MendReport[] }[] = [];
  for (const race of races) {
    const lanes = await chooseRaceLanes(flags.policies, race, workplace);
    warnOfLanes(lanes, io);
    const mends = lanes.flatMap((lane) =>
      (settings.memory ?? RACE_MEMORIES).map((memory) =>
        watched(io, `${race.name}, ${lane.name}, ${memory}`, (onProgress) =>
          mendsIn(race, lane, { reduce: settings.reduce, memory, onProgress,
            ...(settings.maxStates !== undefined && { maxStates: settings.maxStates }),
            ...(settings.maxBytes !== undefined && { maxBytes: settings.maxBytes }),
            ...(settings.helpers !== undefined && { helpers: settings.helpers }),
            ...(settings.maxSeconds !== undefined && { maxSeconds: settings.maxSeconds }) }))
      )
    );
    all.push({ race, mends });
    if (flags.json !== true)
      io.stdout.write(`${[...(all.length > 1 ? [''] : []), ...mendText(race, mends)].join('\n')}\n`);
  }
  if (flags.json === true)
    io.stdout.write(
      `${
        JSON.stringify({ kind: 'check-mend',
          races: all.map(({ race: { name, title, question, notes }, mends }) => ({ name, title, question, notes,
            mends })
          ) }, null, 2)
      }\n`,
    );
  return all.every(({ mends }) => mends.every(({ answer }) => answer === 'needless' || answer === 'mended'))
    ? EXIT.holds
    : EXIT.finding;
}

function mendText(race: Race, mends: readonly MendReport[]): string[] {
  const cut = mends.filter(({ answer }) => answer === 'bounded');
  const put = new Set(mends.flatMap(({ sets }) => sets.flatMap(({ strengthen }) => strengthen)));
  return [
    ...paragraph(race.title, 'race      '),
    '',
    ...table(['lane', 'memory', 'verdict', 'mended by', 'searches', 'states'], mends.map((
      report,
    ) => [report.lane, report.memory, report.verdict, mendedBy(report), String(report.searches), large(report.states)]),
      ['left', 'left', 'left', 'left', 'right', 'right']),
    ...(put.size === 0 ? [] : ['']),
    ...[...put].flatMap((name) => paragraph(STRENGTHENINGS[name].what, `${name}  `.padEnd(9))),
    ...(mends.some(({ memory, answer }) => memory === 'sc' && answer === 'none')
      ? ['', ...paragraph('sc: each store is seen by all at once, so there is nothing for a barrier to order.')]
      : []),
    ...cut.flatMap(({ lane, memory, verdict, undecided }) => ['', ...paragraph(verdict === 'bounded'
      ? `${lane}, ${memory}: nothing broken was found in a part of the orders, so there was nothing to mend yet.`
      : `${lane}, ${memory}: ${count(undecided.length, 'set')} could not be searched to the end; one of them may be `
        + 'a mend, too, and a smaller one.')]
    ),
  ];
}

function mendedBy({ answer, sets, undecided }: MendReport): string {
  if (answer === 'needless') return '-';
  if (answer === 'none') return 'none of these';
  const least = sets.map(setText).join(', or ');
  return answer === 'mended' ? least : least === '' ? `undecided: ${undecided.length}` : `${least}, or more`;
}

/** As a file says it. */
function setText({ strengthen, restore }: Mend): string {
  return [...(strengthen.length === 0 ? [] : [strengthen.join(' + ')]),
    ...(restore.length === 0 ? [] : [`without weaken ${restore.join(' ')}`])].join(' + ');
}
