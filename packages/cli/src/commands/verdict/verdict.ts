/** `cowlab verdict`: is this program's fork() safe with what it registered, on which kernel. */
import { type Lane, resolveLanes, type Workplace } from '@cowlab/composition';
import { openHere } from '../../terminal/open-here.ts';
import { documentOf, exitOf, kernelOf, openRecording, type OpenedRecording, perfettoOf, type PerfettoReplay, releaseOf,
  type Verdict, verdictOn, verdictText } from '@cowlab/verdict';
import { isHazardId } from '@cowlab/plugin-api';
import type { Command } from 'commander';
import { OutputFile } from '../../output/output-file.ts';
import { placesIn } from '../../output/same-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { LAST_RECORDING, readInputs } from './verdict-inputs.ts';
import { costsOf } from '../calibrate/cost-files.ts';
import { Baseline, newsIn } from './verdict-baseline.ts';
import { junitOf, markdownOf, sarifOf } from './verdict-formats.ts';
import { openMetricsOf } from './verdict-metrics.ts';

interface VerdictFlags {
  readonly kernel?: string;
  readonly recordedOn?: string;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly junit?: boolean;
  readonly markdown?: boolean;
  readonly audit?: boolean;
  readonly openmetrics?: boolean;
  readonly perfetto?: string;
  readonly costs?: string;
  readonly baseline?: string;
  readonly failOn?: string;
  readonly force?: boolean;
}

/** The oldest and the newest that distributions support: Debian 11 has 5.10, the long-term kernel is 6.18. */
const SUPPORTED = ['linux-5.10', 'linux-6.18'];

export function addVerdict(program: Command, io: Io, ends: Ends): void {
  program.command('verdict')
    .summary('is its fork() safe, on which kernel')
    .description(
      'Say in one sentence whether the fork()s of a recorded program are safe with the memory that it has registered.',
    )
    .argument('[recording...]',
      'a .cowtrace; what strace wrote, plain or packed; - for a pipe; NAME.PID of strace -ff; or a folder', [
      LAST_RECORDING,
    ])
    .option('--kernel <list>',
      `kernels to judge for: linux-5.9-rc5,6.18 (default: ${SUPPORTED.join(', ')}, and the one recorded)`)
    .option('--recorded-on <kernel>', 'the kernel that was recorded, if its calls do not tell')
    .option('--audit', 'hold each recorded page fault against the model')
    .option('--json', 'print data: sentence, verdict, notShown, kernels, ...')
    .option('--sarif', 'print SARIF 2.1')
    .option('--junit', 'print JUnit XML')
    .option('--markdown', 'print Markdown')
    .option('--openmetrics', 'print OpenMetrics text')
    .option('--perfetto <file>', 'write the whole replay for ui.perfetto.dev')
    .option('--costs <costs>', 'what cowlab calibrate --out wrote; xeon-6.18; epyc-6.18')
    .option('--baseline <file>', 'what an earlier --json printed: only new findings give exit 1')
    .option('--fail-on <hazards>', 'only these give exit 1: H1,H2')
    .option('--force', 'replace a file that is there')
    .addHelpText('after', `
Verdicts, best first: SAFE; UNNEEDED (a protection that only costs);
DEPENDS (on a datum that is named, with the command that collects it);
UNSAFE. What the recording could not have shown is listed as well.

Beside NAME.strace are read, if they are there, NAME.faults (perf script's
page faults) and NAME.accesses (stores that somebody states).

With --audit, each page fault on private memory must be one in the model of
the kernel that was recorded, and of the same kind; the first that is not
is shown in full.

Exit codes: 0 SAFE or UNNEEDED; 1 UNSAFE or DEPENDS, or a fault that is
unexplained; 2 no recording. With --baseline or --fail-on, 1 only for what
they let through; what is new is said on stderr.

Without a recording, what cowlab trace wrote last is judged. A recording is
best made by cowlab trace; without it:
  strace -f -ttt -y -o app.strace -e \\
    trace=%memory,%process,%desc,io_uring_setup,io_uring_register,vmsplice \\
    ./app

Example:
  $ cowlab trace -- ./app && cowlab verdict
  $ cowlab verdict examples/recordings/uring-fork --kernel 5.10,6.18`)
    .action(async (names: readonly string[], flags: VerdictFlags) => ends(await verdict(names, flags, io)));
}

async function verdict(names: readonly string[], flags: VerdictFlags, io: Io): Promise<ExitCode> {
  const asked = [flags.json, flags.sarif, flags.junit, flags.markdown, flags.openmetrics];
  if (asked.filter((one) => one === true).length > 1)
    throw new UsageError('give one of --json, --sarif, --junit, --markdown and --openmetrics');
  const gate = gateOf(flags, io);
  const costs = flags.costs === undefined ? undefined : [costsOf(flags.costs, io)];
  const file = flags.perfetto === undefined
    ? null
    : OutputFile.at(io, flags.perfetto, { force: flags.force, inputs: placesIn(io.cwd, names) });
  const workplace = await openHere(io);
  const verdicts: Verdict[] = [];
  const audit = flags.audit === true || flags.perfetto !== undefined;
  for (const input of await readInputs(names, io.cwd, audit)) {
    const opened = openRecording({ ...input, recordedOn: flags.recordedOn ?? input.recordedOn });
    const recorded = await recordedLane(opened, workplace);
    const lanes = await kernelsOf(flags.kernel ?? withRecorded(recorded), workplace);
    const variants = await variantsOf(recorded ?? lanes.at(-1), workplace);
    verdicts.push(verdictOn(opened, lanes, { recorded, variants, audit, costs }));
  }
  io.stdout.write(`${print(verdicts, flags)}\n`);
  const [first] = verdicts;
  if (file !== null && first !== undefined) file.write(`${JSON.stringify(await replayFor(first, workplace))}\n`);
  return verdicts.some((one) => isUnexplained(one, flags)) || gate(verdicts) ? EXIT.finding : EXIT.holds;
}

/** @throws UsageError where the recording cannot be carried out */
async function replayFor(verdict: Verdict, workplace: Workplace): Promise<PerfettoReplay> {
  const refused = verdict.replay?.refused ?? null;
  if (verdict.replay === null || refused !== null)
    throw new UsageError(`${verdict.name} cannot be carried out: ${refused}`);
  const [lane] = await resolveLanes(verdict.replay.kernel, workplace.catalogue);
  return perfettoOf(verdict, lane);
}

/** Whether the verdicts are to be answered by exit 1. @throws UsageError */
function gateOf({ baseline, failOn }: VerdictFlags, io: Io): (verdicts: readonly Verdict[]) => boolean {
  const hazards = failOn === undefined ? [] : failOn.split(',').map((one) => one.trim());
  const odd = hazards.find((one) => !isHazardId(one));
  if (odd !== undefined) throw new UsageError(`--fail-on ${odd}: there is no such hazard; give some of H1 to H9`);
  if (baseline === undefined && failOn === undefined)
    return (verdicts) => verdicts.some((one) => exitOf(one.verdict) === EXIT.finding);
  const known = baseline === undefined ? null : new Baseline(baseline, io.cwd);
  return (verdicts) => {
    const news = known?.news(verdicts, hazards) ?? verdicts.flatMap((one) => newsIn(one, hazards));
    for (const { recording, hazard, verdict: word, what } of known === null ? [] : news)
      io.stderr.write(`cowlab: new in ${recording}: ${word}${hazard === null ? '' : ` ${hazard}`}: ${what}\n`);
    return news.length > 0;
  };
}

const isUnexplained = ({ replay }: Verdict, { audit }: VerdictFlags): boolean =>
  audit === true && (replay?.audit?.nrUnexplained ?? 0) > 0;

/** The model of the kernel that was recorded, where the recording or its user tells which that was. */
async function recordedLane(opened: OpenedRecording, workplace: Workplace): Promise<Lane | undefined> {
  const told = opened.input.recordedOn ?? kernelOf(opened, SUPPORTED)
    ?? kernelOf(opened, Object.keys(workplace.catalogue.profiles));
  return told === null ? undefined : (await kernelsOf(told, workplace))[0];
}

/** Some machines map no zero page, by a parameter of their kernel. */
async function variantsOf(lane: Lane | undefined, { catalogue }: Workplace): Promise<readonly Lane[]> {
  const name = lane?.name ?? '';
  return /^linux-[\w.-]+$/.test(name) && Object.hasOwn(catalogue.profiles, name)
    ? await resolveLanes(`${name}+no-zero-page`, catalogue)
    : [];
}

function withRecorded(recorded: Lane | undefined): string {
  const known = recorded === undefined || SUPPORTED.includes(recorded.name) || recorded.name.includes('=');
  return [...SUPPORTED, ...(known ? [] : [recorded.name])].join(',');
}

const ORDER = ['SAFE', 'UNNEEDED', 'DEPENDS', 'UNSAFE'];

function print(verdicts: readonly Verdict[], flags: VerdictFlags): string {
  if (flags.sarif === true) return JSON.stringify(sarifOf(verdicts), null, 2);
  if (flags.junit === true) return junitOf(verdicts);
  if (flags.openmetrics === true) return openMetricsOf(verdicts);
  if (flags.markdown === true) return verdicts.map(markdownOf).join('\n\n');
  if (flags.json !== true) return verdicts.map((one) => verdictText(one, flags).join('\n')).join('\n\n');
  const documents = verdicts.map(documentOf);
  const [worst] = [...documents].sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict));
  return JSON.stringify({ kind: 'verdict',
    ...(documents.length === 1 ? documents[0] : { ...worst, recordings: documents }) }, null, 2);
}

/** `6.18` is linux-6.18, and a release without a profile behaves as the nearest one before it. */
export function kernelsOf(list: string, { catalogue }: Workplace): Promise<readonly Lane[]> {
  const lanes = list.split(',').map((text) => {
    const found = /^ *(?:linux-|v)?(\d+\.\d+(?:-rc\d+)?)(?:\.\d+)?[\w.-]*? *$/.exec(text);
    if (found === null) return text;
    const name = `linux-${found[1]}`;
    if (Object.hasOwn(catalogue.profiles, name)) return name;
    const nearest = nearestBefore(name, Object.keys(catalogue.profiles));
    return nearest === null ? name : `${name}=${nearest}`;
  });
  return resolveLanes(lanes.join(','), catalogue);
}

function nearestBefore(name: string, known: readonly string[]): string | null {
  const release = releaseOf(name);
  const older = known.filter((one) => one.startsWith('linux-')).map((one) => ({ one, at: releaseOf(one) ?? 0 }))
    .filter(({ at }) => release !== null && at <= release).sort((a, b) => b.at - a.at);
  return older[0]?.one ?? null;
}
