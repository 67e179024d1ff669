/** `cowlab compare`: one program under several lanes, side by side. */
import { chooseLanes, type Lane } from '@cowlab/composition';
import { comparisonSteps, type Moment, type ScenarioComparison, type TraceComparison,
  traceComparisonSteps } from '@cowlab/experiments/compare';
import { findInput, type Input, readPiecesNow, readRecordingText, readScenario,
  type RecordingFiles } from '@cowlab/composition/node';
import { isHazardId } from '@cowlab/plugin-api';
import { readRecording } from '@cowlab/experiments/node';
import type { Scenario } from '@cowlab/scenario';
import type { TracePlan } from '@cowlab/trace';
import { Listener, type Verdict, verdictOn } from '@cowlab/verdict';
import type { Command } from 'commander';
import { paragraph } from '@cowlab/prose';
import { experimentOf } from '../../journal/run-names.ts';
import { keepLanes } from '../../journal/kept-lanes.ts';
import { JOURNAL_HELP, journalOption } from '../../journal/open-journal.ts';
import { comparisonText, failed } from './compare-text.ts';
import { type Ends, EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { LANES_HELP } from '../../terminal/lanes-help.ts';
import { traceText, verdictLines } from './trace-text.ts';

interface CompareFlags {
  readonly policies?: string;
  readonly failOn?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

export function addCompare(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('compare'))
    .summary('one program under several lanes')
    .description('Run a scenario or a recorded program under several lanes.')
    .argument('<scenario|trace>',
      'a .cow file; or a .strace file, its name without endings, or the folder that holds it')
    .option('--policies <lanes>', 'the lanes (default: those the scenario names)')
    .option('--fail-on <hazards>', 'exit 1 when a lane has one of these: H1,H4')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `${LANES_HELP}

A recording is NAME.strace with, if they are there, NAME.faults (perf
script's page faults) and NAME.accesses; each may be gzipped.

With --journal each lane has a stream of its own; what is there of a
comparison that was cut is said to be partial.

${JOURNAL_HELP}

Exit code 1 when an expectation of the scenario fails, or when --fail-on
names a hazard that some lane has. A difference between lanes alone is 0.

Example:
  $ cowlab compare examples/rdma.cow
  $ cowlab compare examples/recordings/uring-fork --policies linux-5.9`)
    .action(async (argument: string, flags: CompareFlags) => ends(await compare(argument, flags, io)));
}

async function compare(argument: string, flags: CompareFlags, io: Io): Promise<ExitCode> {
  const failOn = hazardList(flags.failOn);
  const program = read(findInput(argument, io.cwd), argument);
  const lanes = await chooseLanes(flags.policies, program.kind === 'scenario' ? program.scenario : null,
    await openHere(io));
  warnOfLanes(lanes, io);
  const { value: comparison, streams } = await carryOut(program, lanes, flags, io);
  const lines = flags.json === true
    ? [JSON.stringify({ ...comparison, ...said(program, lanes) }, null, 2)]
    : comparison.kind === 'scenario'
    ? [...comparisonText(argument, comparison), ...keptText(streams, flags)]
    : [...traceText(comparison), ...verdictLines(said(program, lanes)), ...keptText(streams, flags)];
  io.stdout.write(`${lines.join('\n')}\n`);
  const hazard = comparison.lanes.some(({ hazards }) => hazards.some((id) => failOn.includes(id)));
  return hazard || (comparison.kind === 'scenario' && comparison.lanes.some(failed)) ? EXIT.finding : EXIT.holds;
}

type Program = { readonly kind: 'scenario'; readonly scenario: Scenario } | { readonly kind: 'trace';
  readonly plan: TracePlan; readonly files: RecordingFiles };

function read(input: Input, argument: string): Program {
  if (input.kind === 'scenario') return { kind: 'scenario', scenario: readScenario(input.path, argument) };
  return { kind: 'trace', plan: readRecording(input.files), files: input.files };
}

/** A table of what a recording shows says nothing of what it does not: the verdict does. */
function said(program: Program, lanes: readonly Lane[]): Partial<Pick<Verdict, 'sentence' | 'notShown'>> {
  if (program.kind === 'scenario') return {};
  const { name, strace, faults, accesses } = program.files;
  const text = (path: string | null): string | undefined => (path === null ? undefined : readRecordingText(path));
  const listener = new Listener(`${name}.strace`, faults !== null || accesses !== null);
  for (const piece of readPiecesNow(strace)) listener.write(piece);
  const { sentence, notShown } = verdictOn({ name: `${name}.strace`, strace: listener.end(), faults: text(faults),
    accesses: text(accesses) }, lanes, { replay: false });
  return { sentence, notShown };
}

async function carryOut(
  program: Program,
  lanes: readonly Lane[],
  { journal }: CompareFlags,
  io: Io,
): Promise<{ readonly value: ScenarioComparison | TraceComparison; readonly streams: readonly string[] }> {
  const watch = progress(io);
  const onMoment = (moment: Moment): void => {
    if (moment.kind === 'lane') watch.say(`running ${moment.lane.name} ...`);
  };
  try {
    if (program.kind === 'scenario') {
      const { scenario } = program;
      return await keepLanes(journal, experimentOf(scenario.name), comparisonSteps(scenario, lanes), onMoment, io);
    }
    const { plan } = program;
    const steps = traceComparisonSteps(plan, lanes, (lane, done, all) =>
      watch.say(`running ${lane}, ${done} of ${all} commands ...`));
    return await keepLanes(journal, experimentOf(plan.name), steps, onMoment, io);
  } finally {
    watch.done();
  }
}

function keptText(streams: readonly string[], { journal }: CompareFlags): string[] {
  if (journal === undefined) return [];
  return ['', ...streams.flatMap((stream) => paragraph(`${stream} in the journal ${journal}`, 'kept      '))];
}

function hazardList(text: string | undefined): readonly string[] {
  const ids = text?.split(',').map((id) => id.trim()) ?? [];
  const odd = ids.find((id) => !isHazardId(id));
  if (odd !== undefined) throw new UsageError(`--fail-on ${odd} is no hazard; give some of H1 to H9, joined by commas`);
  return ids;
}
