/**
 * `cowlab conform --suite`: scenarios that come with cowlab, on the model under every profile or on the live kernel.
 */
import { junit, ktapSuites, liveCase, readSuite, type SuiteCell, suiteFigures, type SuiteRun, suiteSteps,
  type SuiteStep, type TestResult, type TestSuite } from '@cowlab/conformance';
import { DISTINCT_PROFILES, resolveLanes } from '@cowlab/composition';
import { KeptResults } from '../../journal/kept-results.ts';
import { laneQuestion } from '../../journal/lane-question.ts';
import { junitFile, meetLive } from './conform-live.ts';
import { EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { count, paragraph, ranges, table } from '@cowlab/prose';

export interface SuiteFlags {
  readonly suite: string;
  /** On the kernel of this machine. */
  readonly live?: boolean;
  /** Lanes, joined by commas; of `live` a single one. */
  readonly profile?: string;
  readonly ktap?: boolean;
  readonly json?: boolean;
  /** File. */
  readonly junit?: string;
  readonly journal?: string;
  /** Overwrite that file. */
  readonly force?: boolean;
}

/** What `conform` takes besides and a suite has no use for. */
interface Rest {
  readonly golden?: string;
  readonly kernel?: string;
  readonly set?: string;
  readonly emit?: string;
}

export async function conformSuite(
  { suite, live = false, ...flags }: SuiteFlags & Rest,
  scenarios: readonly string[],
  io: Io,
): Promise<ExitCode> {
  const foreign = (['golden', 'set', 'emit'] as const).find((name) => flags[name] !== undefined);
  if (foreign !== undefined) throw new UsageError(`--${foreign} is for recordings; leave it out, or leave out --suite`);
  if (scenarios.length > 0) throw new UsageError(`--suite has its own scenarios; leave out ${scenarios[0]}`);
  const files = readSuite(suite);
  if (live) return meetLive(suite, files.map(({ id, scenario }) => liveCase(id, scenario)), flags, io);
  if (flags.kernel !== undefined) throw new UsageError(`--kernel is for --live; give --profile linux-${flags.kernel}`);
  if (flags.json === true && flags.ktap === true)
    throw new UsageError('--json and --ktap are both given; give one of them');
  const report = junitFile(flags, [], io);
  const { catalogue } = await openHere(io);
  const lanes = await resolveLanes(flags.profile ?? DISTINCT_PROFILES.join(','), catalogue);
  warnOfLanes(lanes, io);
  const watch = progress(io);
  const kept = await KeptResults.open(flags.journal, { command: 'conform', experiment: suite, lane: 'suite',
    asked: `conform --suite ${suite}, ${files.length} scenarios under ${lanes.length} lanes`, question: {
      files,
      lanes: laneQuestion(flags.profile ?? '', io),
      names: lanes.map(({ name }) => name),
    } }, io);
  let run: SuiteRun;
  try {
    const known = new Map((kept?.found as readonly SuiteStep[] | undefined ?? []).map(({ id, cells }) => [id, cells]));
    const steps = suiteSteps(suite, files, lanes, (id, done) => watch.say(`${done} of ${files.length}: ${id} ...`),
      known);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      kept?.add(step.value);
      await kept?.keepUp();
    }
    run = step.value;
    await kept?.finish();
  } finally {
    watch.done();
    await kept?.close();
  }
  report?.write(junit(suitesOf(run)));
  const lines = flags.json === true
    ? [JSON.stringify(run, null, 2)]
    : flags.ktap === true
    ? ktapSuites(suitesOf(run), { suite })
    : [...suiteText(run), ...(kept === null ? [] : ['', ...paragraph(`cells ${kept.text}`)])];
  io.stdout.write(`${lines.join('\n')}\n`);
  return run.cells.some(({ outcome }) => outcome === 'fail' || outcome === 'xpass') ? EXIT.finding : EXIT.holds;
}

/** One for each profile. */
function suitesOf({ lanes, cells }: SuiteRun): TestSuite[] {
  return lanes.map((lane) => ({ name: lane, facts: { profile: lane },
    results: cells.filter((cell) => cell.lane === lane).map(resultOf) })
  );
}

export function resultOf({ id, title, outcome, why, failed }: SuiteCell): TestResult {
  const notes = failed.map(failedText);
  const name = `${id}: ${title}`;
  if (outcome === 'xpass') return { name, outcome: 'fail', notes: [`holds, though a defect is told of it: ${why}`] };
  return { name, outcome, notes: outcome === 'pass' ? [] : notes, ...(outcome === 'xfail' && why !== null && { why }) };
}

/** The pages of a THP are many. */
function failedText({ text, actual }: SuiteCell['failed'][number]): string {
  return `${text}, but ${actual.replace(/(?<=^diverged )[\d ]+$/, (pages) => ranges(pages.split(' ').map(Number)))}`;
}

function suiteText({ suite, lanes, scenarios, cells }: SuiteRun): string[] {
  const odd = cells.filter(({ outcome }) => outcome === 'fail' || outcome === 'xpass');
  return [
    ...table(
      [suite, 'scenarios', 'pass', 'fail', 'xfail', 'xpass'],
      lanes.map((lane) => {
        const nr = suiteFigures(cells.filter((cell) => cell.lane === lane));
        return [lane, scenarios.length, nr.pass, nr.fail, nr.xfail, nr.xpass].map(String);
      }),
      ['left', 'right', 'right', 'right', 'right', 'right'],
    ),
    '',
    ...odd.flatMap((cell) => [
      ...paragraph(
        `${cell.id} on ${cell.lane} ${
          cell.outcome === 'fail' ? 'fails:' : `holds, though a defect is told of it: ${cell.why}`
        }`,
        '',
        4,
      ),
      ...cell.failed.flatMap((failed) => paragraph(failedText(failed), '    ')),
    ]),
    ...paragraph(
      `${count(scenarios.length, 'scenario')} on ${count(lanes.length, 'profile')}: ${
        odd.length === 0 ? 'all as expected' : `${odd.length} of ${cells.length} not as expected`
      }.`,
    ),
  ];
}
