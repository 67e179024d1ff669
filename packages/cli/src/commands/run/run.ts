/** `cowlab run`: one scenario under one lane, told step by step; its log can be kept and replayed. */
import { chooseLanes, compose } from '@cowlab/composition';
import { X86_64 } from '@cowlab/core';
import { inputPath, readScenario } from '@cowlab/composition/node';
import { eventText, type RanStep, runScenario } from '@cowlab/trial';
import { reportLane, reportStep } from '@cowlab/experiments/compare';
import type { Command } from 'commander';
import { expectationLines, failed } from '../compare/compare-text.ts';
import { LogSink } from '../../output/log-sink.ts';
import { OutputFile } from '../../output/output-file.ts';
import { placesIn } from '../../output/same-file.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { LANES_HELP } from '../../terminal/lanes-help.ts';
import { paragraph } from '@cowlab/prose';

interface RunFlags {
  readonly policy?: string;
  readonly log?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly steps?: boolean;
}

export function addRun(program: Command, io: Io, ends: Ends): void {
  program.command('run')
    .summary('a scenario, step by step')
    .description('Run a scenario under one lane and tell what happens, step by step.')
    .argument('<scenario>', 'a .cow file')
    .option('--policy <lane>', 'the lane (default: the first that the scenario names)')
    .option('--steps', 'show the events of every step')
    .option('--log <file>', 'keep the event log; a file that is there is not overwritten')
    .option('--force', 'overwrite the log file')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `${LANES_HELP}

While it runs, the log is kept as FILE.part, one step after the other; of a
run that was cut, cowlab replay FILE.part shows what there is.

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
  const text = flags.json !== true;
  if (text)
    io.stdout.write(`${[...paragraph(scenario.question, 'question  '), `lane      ${lane.name}`, ''].join('\n')}\n`);
  try {
    const ran = runScenario(scenario, lab, text ? tell(io, flags.steps === true) : undefined);
    const report = reportLane(scenario, ran, lane);
    if (flags.json === true)
      io.stdout.write(
        `${
          JSON.stringify({ kind: 'run', name: scenario.name, question: scenario.question, ...report, hash: lab.hash },
            null, 2)
        }\n`,
      );
    else io.stdout.write(`${['', ...expectationLines(path, [report]), `hash ${lab.hash}`].join('\n')}\n`);
    return failed(report) ? EXIT.finding : EXIT.holds;
  } finally {
    // Also when a policy's hook threw: what was recorded until then is not lost.
    lab.close();
    if (log?.isKept === true && text)
      io.stdout.write(`log kept in ${flags.log}; see it with: cowlab replay ${flags.log}\n`);
  }
}

function tell(io: Io, events: boolean): (ran: RanStep) => void {
  let nr = 0;
  return (ran) => {
    const step = reportStep(ran);
    const { outcome } = ran;
    const came = outcome.ok
      ? (outcome.value === 0 ? 'ok' : `ok ${outcome.value}`)
      : `${outcome.errno} (${outcome.why})`;
    const lines = [...paragraph(came, `${String(nr++).padStart(3)}  ${step.text.padEnd(32)}`),
      ...(events ? step.events.flatMap((event) => paragraph(eventText(event), '       ', 9)) : [])];
    io.stdout.write(`${lines.join('\n')}\n`);
  };
}
