/** `cowlab check`: a race under several lanes and memory models, in every order; and what a broken one looks like. */
import type { Race, RaceMemory, Trail } from '@cowlab/checker';
import { type CheckReport, checkRace, chooseRaceLanes, exportPromela, memoriesOf, type RaceLane,
  replayRace } from '@cowlab/experiments/check';
import type { Helpers } from '@cowlab/checker/threads';
import { galleryNames, readRace } from '@cowlab/experiments/node';
import type { Command } from 'commander';
import { galleryEnd, galleryHead, galleryRow, raceText, replayText, trailLines,
  type TrailStyle } from './check-text.ts';
import { CHECK_HELP } from './check-help.ts';
import { TrailFiles } from './check-files.ts';
import { type CheckFlags, isWalk, oneOf, type Settings, settingsOf, threadsOf } from './check-settings.ts';
import { mendAll } from './mend.ts';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { watched } from './check-progress.ts';
import { paragraph } from '@cowlab/prose';
import { journalOption } from '../../journal/open-journal.ts';
import { KeptReports } from './kept-reports.ts';

export function addCheck(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('check'))
    .summary('every order of a race')
    .description('Run actors at the same time, in every order, and tell what can come of it.')
    .argument('[races...]', '.race files, or names of the gallery')
    .option('--policies <lanes>', 'the lanes (default: those the file makes claims about)')
    .option('--memory <model>', 'sc, tso, armv8, both or all (default: as the file says, else both)')
    .option('--explorer <name>', 'bfs, dfs, random or pct (default: bfs, the shortest trail)')
    .option('--seed <n>', 'of random and pct (default: 1)')
    .option('--walks <n>', 'of random and pct (default: 1000)')
    .option('--max-states <n>', 'stop there; what was not looked at is no pass')
    .option('--max-seconds <n>', 'stop then, for each lane and memory model')
    .option('--max-bytes <n>', 'stop where the states hold so many: 500M, 2G')
    .option('--threads <n>', 'search with so many threads, or all (default: 1)')
    .option('--no-reduce', 'visit every state, also where one order stands for many')
    .option('--gallery', 'all races of the gallery, a line for each lane and memory')
    .option('--list', 'names of the gallery')
    .option('--diagram', 'draw every broken one (default: the first)')
    .option('--explain', 'tell for each step which words it read and changed')
    .option('--mermaid <file>', 'write the first broken one as a Mermaid sequence')
    .option('--perfetto <file>', 'write it as trace JSON for ui.perfetto.dev')
    .option('--force', 'overwrite these files')
    .option('--replay <schedule>', 'run one order: A4 B2 A!1')
    .option('--mend', 'which barriers would mend it: all least sets of them')
    .option('--export <format>', 'promela: print the race as a model for SPIN')
    .option('--json', 'print data instead of text')
    .addHelpText('after', CHECK_HELP)
    .action(async (names: string[], flags: CheckFlags) => ends(await run(names, flags, io)));
}

async function run(names: readonly string[], flags: CheckFlags, io: Io): Promise<ExitCode> {
  const settings = settingsOf(flags);
  if (flags.list === true) return list(names, flags, io);
  const asked = flags.gallery === true ? [...galleryNames(), ...names] : names;
  if (asked.length === 0)
    throw new UsageError(flags.gallery === true
      ? 'the gallery belongs to a checkout and is not here; give .race files'
      : 'which race? give .race files, or names of the gallery: cowlab check --list');
  const races = [...new Set(asked)].map((name) => readRace(name, io.cwd));
  const files = flags.mend === true ? null : new TrailFiles(flags, asked, io);
  if (files !== null && (flags.replay !== undefined || flags.export !== undefined))
    return single(races, flags, settings, files, io);
  const helpers = await helpersFor(threadsOf(flags));
  try {
    const wide = { ...settings, ...(helpers !== null && { helpers }) };
    return files === null ? await mendAll(races, flags, wide, io) : await checkAll(races, flags, wide, files, io);
  } finally {
    await helpers?.close();
  }
}

/** The other threads, where there are to be any. */
async function helpersFor(threads: number): Promise<(Helpers & { close(): Promise<void> }) | null> {
  if (threads === 1) return null;
  const { Threads } = await import('@cowlab/checker/threads');
  return new Threads(threads - 1);
}

async function list(names: readonly string[], flags: CheckFlags, io: Io): Promise<ExitCode> {
  const races = (names.length === 0 ? galleryNames() : names).map((name) => readRace(name, io.cwd));
  const width = Math.max(0, ...races.map(({ name }) => name.length));
  const lines = flags.json === true
    ? [
      JSON.stringify({ kind: 'races',
        races: races.map(({ name, title, question, notes }) => ({ name, title, question, notes })) }, null, 2),
    ]
    : races.flatMap(({ name, title }) => paragraph(title, `${name.padEnd(width)}  `));
  io.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.holds;
}

async function checkAll(
  races: readonly Race[],
  flags: CheckFlags,
  settings: Settings,
  files: TrailFiles,
  io: Io,
): Promise<ExitCode> {
  const workplace = await openHere(io);
  // All lanes first: a slip in the last file is not to be told after an hour.
  const asked: AskedRace[] = [];
  for (const race of races) asked.push({ race, lanes: await chooseRaceLanes(flags.policies, race, workplace) });
  warnOfLanes(asked.flatMap(({ lanes }) => lanes), io);
  // How many threads ask changes no answer.
  const { helpers: _helpers, ...question } = settings;
  const kept = await KeptReports.open(flags.journal, asked, question, io);
  try {
    return await answerAll(asked, kept, flags, settings, files, io);
  } finally {
    await kept?.close();
  }
}

interface AskedRace {
  readonly race: Race;
  readonly lanes: readonly RaceLane[];
}

async function answerAll(
  asked: readonly AskedRace[],
  kept: KeptReports | null,
  flags: CheckFlags,
  settings: Settings,
  files: TrailFiles,
  io: Io,
): Promise<ExitCode> {
  const text = flags.json !== true;
  const reports: CheckReport[] = [];
  const all: { readonly race: Race; readonly reports: readonly CheckReport[] }[] = [];
  for (const { race, lanes } of asked) {
    if (text && flags.gallery === true) io.stdout.write(`${galleryHead(race).join('\n')}\n`);
    const own: CheckReport[] = [];
    for (const lane of lanes) {
      for (const memory of settings.memory ?? memoriesOf(race, lane)) {
        const known = kept?.known(race, lane, memory);
        const report = known ?? checkOne(race, lane, memory, settings, io);
        if (known === undefined) await kept?.add(lane, report);
        own.push(report);
        if (text && flags.gallery === true) io.stdout.write(`${galleryRow(report).join('\n')}\n`);
      }
    }
    reports.push(...own);
    all.push({ race, reports: own });
    if (text && flags.gallery !== true)
      io.stdout.write(
        `${
          [...(all.length > 1 ? [''] : []), ...raceText(race, own, isWalk(settings.explorer) ? 'moves' : 'states'),
            ...drawn(own, flags)].join('\n')
        }\n`,
      );
  }
  if (text && flags.gallery === true) io.stdout.write(`${galleryEnd(asked.length, reports).join('\n')}\n`);
  if (!text)
    io.stdout.write(
      `${
        JSON.stringify({ kind: 'check',
          races: all.map(({ race: { name, title, question, notes }, reports: own }) => ({ name, title, question, notes,
            reports: own })
          ) }, null, 2)
      }\n`,
    );
  await kept?.finish();
  if (text && kept !== null) io.stdout.write(`${['', ...paragraph(`verdicts ${kept.text}`)].join('\n')}\n`);
  const first = reports.find(({ trail }) => trail !== null)?.trail ?? null;
  files.write(first);
  return reports.every(({ holds }) => holds) ? EXIT.holds : EXIT.finding;
}

function checkOne(race: Race, lane: RaceLane, memory: RaceMemory, settings: Settings, io: Io): CheckReport {
  return watched(io, `${race.name}, ${lane.name}, ${memory}`,
    (onProgress) => checkRace(race, lane, { ...settings, memory, onProgress }));
}

/** The first broken one, unless all are asked for: those of other lanes are often the same. */
function drawn(reports: readonly CheckReport[], flags: CheckFlags): readonly string[] {
  const trails = reports.flatMap(({ trail }) => (trail === null ? [] : [trail]));
  const wanted = flags.diagram === true || flags.explain === true ? trails : trails.slice(0, 1);
  return wanted.flatMap((trail) => ['', ...trailLines(trail, styleOf(flags))]);
}

const styleOf = (
  { explain, diagram }: CheckFlags,
): TrailStyle => (explain !== true ? 'diagram' : diagram === true ? 'both' : 'explain');

async function single(
  races: readonly Race[],
  flags: CheckFlags,
  settings: Settings,
  files: TrailFiles,
  io: Io,
): Promise<ExitCode> {
  const flag = flags.replay === undefined ? '--export' : '--replay';
  if (flags.replay !== undefined && flags.export !== undefined)
    throw new UsageError('--replay and --export are two questions; ask one');
  if (races.length > 1) throw new UsageError(`${flag} takes one race, ${races.length} are given`);
  const [race] = races;
  const lanes = await chooseRaceLanes(flags.policies, race, await openHere(io));
  if (lanes.length > 1)
    throw new UsageError(
      `${flag} takes one lane; add --policies with one of ${lanes.map(({ written }) => written).join(', ')}`,
    );
  const [lane] = lanes;
  const memory = memoryOf(race, lane, flags, settings);
  if (flags.export !== undefined) {
    if (flags.json === true) throw new UsageError('--export prints a model; leave out --json');
    oneOf('--export', flags.export, ['promela'] as const);
    if (memory === 'armv8') throw new UsageError('--export promela is of sc and tso; use --memory sc or --memory tso');
    const { maxStates } = settings;
    const model = watched(io, `${race.name}, ${lane.name}, ${memory}`, (onProgress) =>
      exportPromela(race, lane, memory, { ...(maxStates !== undefined && { maxStates }), onProgress }));
    io.stdout.write(`${model.trimEnd()}\n`);
    return EXIT.holds;
  }
  return replay(replayRace(race, lane, memory, flags.replay ?? ''), flags, files, io);
}

/** Only with store buffers can a store reach memory later. */
function memoryOf(race: Race, lane: RaceLane, flags: CheckFlags, { memory }: Settings): RaceMemory {
  if (memory !== null && memory.length > 1)
    throw new UsageError(
      `${flags.replay === undefined ? '--export' : '--replay'} takes one memory model; use --memory sc, tso or armv8`,
    );
  if (memory !== null) return memory[0];
  if (flags.replay !== undefined)
    return flags.replay.includes('!')
      ? 'tso'
      : flags.replay.includes('.')
      ? 'armv8'
      : 'sc';
  return memoriesOf(race, lane)[0];
}

function replay(trail: Trail, flags: CheckFlags, files: TrailFiles, io: Io): ExitCode {
  const lines = flags.json === true
    ? [JSON.stringify({ kind: 'check-replay', trail }, null, 2)]
    : replayText(trail, styleOf(flags));
  io.stdout.write(`${lines.join('\n')}\n`);
  files.write(trail);
  // An order that stops short proves nothing.
  return trail.broken.length > 0 || trail.end.length > 0 ? EXIT.finding : EXIT.holds;
}
