/** `cowlab conform --live`: scenarios on the model and on the kernel of this machine, step by step, as KTAP. */
import { isStorm, limitsOf } from '@cowlab/oracle/live';
import { joined, junit, ktapHead, ktapResult, ktapTail, type LiveCase, LiveConform, liveResult, type LiveVerdict,
  profileOf, readLiveCases, stormResults, tally, type TestResult, type TestSuite } from '@cowlab/conformance';
import { knowExpectedLanes } from '@cowlab/composition';
import { paragraph } from '@cowlab/prose';
import { KeptResults, type Question } from '../../journal/kept-results.ts';
import { experimentOf } from '../../journal/run-names.ts';
import { laneQuestion } from '../../journal/lane-question.ts';
import { OutputFile } from '../../output/output-file.ts';
import { placesIn } from '../../output/same-file.ts';
import { EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';

export interface LiveFlags {
  readonly profile?: string;
  readonly kernel?: string;
  readonly junit?: string;
  readonly journal?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function conformLive(scenarios: readonly string[], flags: LiveFlags, io: Io): Promise<ExitCode> {
  if (scenarios.length === 0) throw new UsageError('--live needs a scenario; give .cow files or folders of them');
  return meetLive('live', readLiveCases(scenarios, io.cwd), flags, io);
}

/** Also for cases that were not named one by one. @param name of the whole, in reports */
export async function meetLive(name: string, cases: readonly LiveCase[], flags: LiveFlags, io: Io): Promise<ExitCode> {
  if (flags.profile !== undefined && flags.kernel !== undefined)
    throw new UsageError('--profile and --kernel both name the model; give one of them');
  const report = junitFile(flags, cases.flatMap(({ file }) => (file === null ? [] : [file])), io);
  const { catalogue } = await openHere(io);
  const profile = flags.profile
    ?? (flags.kernel === undefined ? undefined : profileOf(flags.kernel, catalogue.profiles));
  for (const { scenario } of cases) if (scenario !== null) await knowExpectedLanes(scenario, [], catalogue);
  const watch = progress(io);
  watch.say('waiting for the kernel: it is asked by one at a time ...');
  const live = await LiveConform.open({ catalogue, ...(profile !== undefined && { profile }) }).finally(() =>
    watch.done()
  );
  const text = flags.json !== true;
  const say = (lines: readonly string[]): void => void (text && io.stdout.write(`${lines.join('\n')}\n`));
  const facts = factsOf(live);
  const results: TestResult[] = [];
  const verdicts: LiveVerdict[] = [];
  let kept: KeptResults | null = null;
  try {
    kept = await KeptResults.open(flags.journal, questionOf(name, cases, live, io), io);
    const known = new Map((kept?.found as readonly KeptCase[] | undefined ?? []).map((one) => [one.at, one]));
    say(ktapHead(cases.length, facts));
    for (const [at, one] of cases.entries()) {
      watch.say(`${at + 1} of ${cases.length}: ${one.name}`);
      const before = known.get(at);
      const nrVerdicts = verdicts.length;
      const result = before?.result ?? await resultOf(one, live, verdicts);
      verdicts.push(...(before?.verdicts ?? []));
      results.push(result);
      if (before === undefined) kept?.add({ at, result, verdicts: verdicts.slice(nrVerdicts) });
      // Before it is told.
      await kept?.flush();
      watch.done();
      say(ktapResult(at + 1, result));
    }
    await kept?.finish();
  } finally {
    watch.done();
    await live.close();
    await kept?.close();
  }
  say(ktapTail(results));
  if (kept !== null) say(paragraph(`results ${kept.text}`, '# '));
  const suite: TestSuite = { name, facts, results };
  if (!text) io.stdout.write(`${JSON.stringify({ kind: 'conform-live', ...suite, verdicts }, null, 2)}\n`);
  report?.write(junit([suite]));
  return tally(results).fail > 0 ? EXIT.finding : EXIT.holds;
}

interface KeptCase {
  readonly at: number;
  readonly result: TestResult;
  readonly verdicts: readonly LiveVerdict[];
}

function questionOf(name: string, cases: readonly LiveCase[], { kernel, lane }: LiveConform, io: Io): Question {
  return { command: 'conform', experiment: cases.length === 1 ? experimentOf(cases[0].name) : name, lane: lane.name,
    asked: `conform of ${cases.length} on kernel ${kernel}, against ${lane.name}`,
    question: { kernel, lane: laneQuestion(lane.name, io),
      cases: cases.map(({ name: one, program }) => [one, program]) } };
}

/** Where the report goes; null: none is asked for. @throws UsageError when it is known that it cannot be written */
export function junitFile(
  { junit: file, force }: Pick<LiveFlags, 'junit' | 'force'>,
  inputs: readonly string[],
  io: Io,
): OutputFile | null {
  if (file === undefined) return null;
  return OutputFile.at(io, file, { force, name: `--junit ${file}`, inputs: placesIn(io.cwd, inputs) });
}

/** A storm has a runner of its own: its steps are none of a sequence. */
async function resultOf(one: LiveCase, live: LiveConform, verdicts: LiveVerdict[]): Promise<TestResult> {
  if (one.scenario !== null && isStorm(one.program))
    return joined(one.name, await stormResults(one.scenario, live.lane.name));
  const verdict = await live.meet(one);
  verdicts.push(verdict);
  return liveResult(verdict, one);
}

function factsOf({ kernel, lane, can, added }: LiveConform): Record<string, string> {
  const limits = can === null ? [] : limitsOf(can);
  return { kernel, profile: lane.name, ...(added !== null && { machine: added }),
    ...(limits.length > 0 && { limits: limits.join('; ') }) };
}
