/** `cowlab run`: one scenario under one lane, told step by step; its log can be kept and replayed. */
import { chooseLanes, compose, type Lane } from '@cowlab/composition';
import { X86_64 } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import { inputPath, readScenario } from '@cowlab/composition/node';
import { eventText, type RanStep, scenarioSteps } from '@cowlab/trial';
import { type LaneReport, reportLane, reportStep } from '@cowlab/experiments/compare';
import type { Scenario } from '@cowlab/scenario';
import type { Command } from 'commander';
import { expectationLines, failed, pinText } from '../compare/compare-text.ts';
import { KeptLab } from '../../journal/kept-lab.ts';
import { JOURNAL_HELP, journalOption, openForWriting } from '../../journal/open-journal.ts';
import { experimentOf, runName } from '../../journal/run-names.ts';
import { LogSink } from '../../output/log-sink.ts';
import { OutputFile } from '../../output/output-file.ts';
import { placesIn } from '../../output/same-file.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { LANES_HELP } from '../../terminal/lanes-help.ts';
import { paragraph, shellWord } from '@cowlab/prose';

interface RunFlags {
  readonly policy?: string;
  readonly log?: string;
  readonly journal?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly steps?: boolean;
}

export function addRun(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('run'))
    .summary('a scenario, step by step')
    .description('Run a scenario under one lane and tell what happens, step by step.')
    .argument('<scenario>', 'a .cow file, or - for standard input')
    .option('--policy <lane>', 'the lane (default: the first that the scenario names)')
    .option('--steps', 'show the events of every step')
    .option('--log <file>', 'keep the event log; a file that is there is not overwritten')
    .option('--force', 'overwrite the log file')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `${LANES_HELP}

While it runs, the log is kept as FILE.part, one step after the other; of a
run that was cut, cowlab replay FILE.part shows what there is. With
--journal every step that is told is on the disk before.

${JOURNAL_HELP}

Exit code 1 when an expectation of the scenario fails in this lane.

Example:
  $ cowlab run examples/rdma.cow --policy linux-5.9 --steps`)
    .action(async (path: string, flags: RunFlags) => ends(await run(path, flags, io)));
}

async function run(path: string, flags: RunFlags, io: Io): Promise<0 | 1> {
  const log = flags.log === undefined
    ? null
    : new LogSink(OutputFile.at(io, flags.log, { force: flags.force, inputs: placesIn(io.cwd, [path]) }));
  const scenario = readScenario(inputPath(path, io.cwd), path);
  const lanes = await chooseLanes(flags.policy, scenario, await openHere(io));
  warnOfLanes(lanes, io);
  if (flags.policy !== undefined && lanes.length > 1)
    throw new UsageError(`run takes one lane, --policy names ${lanes.length}; use cowlab compare`);
  const [lane] = lanes;
  const [lab] = compose([lane], { geometry: X86_64 }, log === null ? [] : [log.module]);
  const journal = flags.journal === undefined ? null : await openForWriting(flags.journal, io);
  try {
    const kept = journal === null ? null : new KeptLab(journal, experimentOf(scenario.name), lane.name, runName(), lab);
    return await tellRun({ path, scenario, lane, lab, kept, log }, flags, io);
  } finally {
    await journal?.close();
  }
}

interface Running {
  readonly path: string;
  readonly scenario: Scenario;
  readonly lane: Lane;
  readonly lab: Lab;
  readonly kept: KeptLab | null;
  readonly log: LogSink | null;
}

async function tellRun({ path, scenario, lane, lab, kept, log }: Running, flags: RunFlags, io: Io): Promise<0 | 1> {
  const text = flags.json !== true;
  const out = new HeldText(io);
  if (text) out.add([...paragraph(scenario.question, 'question  '), `lane      ${lane.name}`, '']);
  out.tell();
  try {
    const told = text ? teller(out, flags.steps === true) : null;
    const steps = scenarioSteps(scenario, lab);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      told?.(step.value);
      if (kept === null || await kept.keep()) out.tell();
    }
    await kept?.finish();
    out.tell();
    const report = reportLane(scenario, step.value, lane);
    if (flags.json === true) { for (const piece of reportJson(scenario, report, lab.hash)) io.stdout.write(piece); }
    else io.stdout.write(
        `${['', ...cameTo(report), ...expectationLines(path, [report]), `hash ${lab.hash}`].join('\n')}\n`,
      );
    return failed(report) ? EXIT.finding : EXIT.holds;
  } catch (error) {
    // What was told is kept, whatever ended it; and the first trouble is the one to speak of.
    await kept?.stop().then(() => out.tell(), () => undefined);
    throw error;
  } finally {
    // Also when a policy's hook threw: what was recorded until then is not lost.
    lab.close();
    if (log?.isKept === true && text)
      io.stdout.write(`log kept in ${flags.log}; see it with: cowlab replay ${flags.log}\n`);
    if (kept !== null && text)
      io.stdout.write(
        `${
          paragraph(
            `log kept in the journal ${flags.journal}; see it with: cowlab replay --journal ${
              shellWord(flags.journal ?? '')
            } ${kept.stream}`,
          ).join('\n')
        }\n`,
      );
  }
}

/** What became of the pins is the answer, whether or not somebody expected it. */
function cameTo({ pins, hazards }: LaneReport): readonly string[] {
  return [...(pins.length === 0 ? [] : paragraph(pins.map(pinText).join('; '), 'pins      ')),
    ...paragraph(hazards.join(' ') || 'none', 'hazards   '), ''];
}

/** Text that waits until what it speaks of cannot be lost. */
class HeldText {
  private lines: string[] = [];

  constructor(private readonly io: Io) {}

  add(lines: readonly string[]): void {
    for (const line of lines) this.lines.push(line);
  }

  tell(): void {
    if (this.lines.length > 0) this.io.stdout.write(`${this.lines.join('\n')}\n`);
    this.lines = [];
  }
}

/** In pieces: a long run has more events than the longest string holds. */
function* reportJson({ name, question }: Scenario, report: LaneReport, hash: string): Generator<string> {
  const { steps, ...rest } = report;
  const whole = JSON.stringify({ kind: 'run', name, question, ...rest, hash }, null, 2);
  yield `${whole.slice(0, -2)},\n  "steps": [`;
  for (const [at, step] of steps.entries())
    yield `${at === 0 ? '' : ','}\n    ${JSON.stringify(step, null, 2).replaceAll('\n', '\n    ')}`;
  yield `${steps.length === 0 ? '' : '\n  '}]\n}\n`;
}

function teller(out: HeldText, events: boolean): (ran: RanStep) => void {
  let nr = 0;
  return (ran) => {
    const step = reportStep(ran);
    const { outcome } = ran;
    const came = outcome.ok
      ? (outcome.value === 0 ? 'ok' : `ok ${outcome.value}`)
      : `${outcome.errno} (${outcome.why})`;
    const lines = [...paragraph(came, `${String(nr++).padStart(3)}  ${step.text.padEnd(32)}`),
      ...(events ? step.events.flatMap((event) => paragraph(eventText(event), '       ', 9)) : [])];
    out.add(lines);
  };
}
