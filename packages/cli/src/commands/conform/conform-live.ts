/** `cowlab conform --live`: scenarios on the model and on the kernel of this machine, step by step, as KTAP. */
import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isStorm, limitsOf } from '@cowlab/oracle/live';
import { type LiveCase, LiveConform, type LiveVerdict, profileOf, readLiveCases } from '@cowlab/conformance';
import { openWorkplace } from '@cowlab/composition/node';
import { stormResults } from '@cowlab/conformance';
import { EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { junit } from '@cowlab/conformance';
import { ktapHead, ktapResult, ktapTail } from '@cowlab/conformance';
import { liveResult } from '@cowlab/conformance';
import { joined, tally, type TestResult, type TestSuite } from '@cowlab/conformance';

export interface LiveFlags {
  readonly profile?: string;
  readonly kernel?: string;
  readonly junit?: string;
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
  const { catalogue } = await openWorkplace(io.cwd);
  const profile = flags.profile
    ?? (flags.kernel === undefined ? undefined : profileOf(flags.kernel, catalogue.profiles));
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
  try {
    say(ktapHead(cases.length, facts));
    for (const [at, one] of cases.entries()) {
      watch.say(`${at + 1} of ${cases.length}: ${one.name}`);
      const result = await resultOf(one, live, verdicts);
      results.push(result);
      watch.done();
      say(ktapResult(at + 1, result));
    }
  } finally {
    watch.done();
    await live.close();
  }
  say(ktapTail(results));
  const suite: TestSuite = { name, facts, results };
  if (!text) io.stdout.write(`${JSON.stringify({ kind: 'conform-live', ...suite, verdicts }, null, 2)}\n`);
  if (flags.junit !== undefined) writeWhole(flags.junit, junit([suite]), io);
  return tally(results).fail > 0 ? EXIT.finding : EXIT.holds;
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

/** Written aside and then put in its place: nobody reads half a report. */
function writeWhole(file: string, text: string, io: Io): void {
  const path = resolve(io.cwd, file);
  try {
    writeFileSync(`${path}.${process.pid}.tmp`, text);
    renameSync(`${path}.${process.pid}.tmp`, path);
  } catch (cause) {
    throw new UsageError(`--junit ${file}: ${(cause as Error).message}; give it a file in a folder that can be written`,
      { cause });
  }
}
