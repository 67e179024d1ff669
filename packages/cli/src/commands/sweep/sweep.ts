/** `cowlab sweep`: how something grows with a parameter. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SweepHead } from '@cowlab/experiments/node';
import { type SweepDone, sweepFile, type SweepProgress, type SweepSource } from '@cowlab/experiments/node/sweep';
import { measureNames, sweepCsv, type SweepTable, sweepText } from '@cowlab/experiments/sweep';
import { paragraph } from '@cowlab/prose';
import type { Command } from 'commander';
import { KeptCellsInJournal } from './kept-cells.ts';
import { axesOf, sweepQuestion, type SweepQuestionFlags } from './sweep-question.ts';
import { JOURNAL_HELP, journalOption } from '../../journal/open-journal.ts';
import { type Ends, EXIT, type Io, progress, UsageError } from '../../terminal/io.ts';
import { LANES_HELP } from '../../terminal/lanes-help.ts';

interface SweepFlags extends SweepQuestionFlags {
  readonly workers?: string;
  readonly results?: string;
  readonly journal?: string;
  readonly chart?: string;
  readonly arrow?: string;
  readonly x?: string;
  readonly y?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

export function addSweep(program: Command, io: Io, ends: Ends): void {
  sweepQuestion(journalOption(program.command('sweep')))
    .summary('how it grows with a parameter')
    .description('Run a scenario or an experiment for every value of its parameters.')
    .option('--workers <n>', 'threads (default: one for each core)')
    .option('--results <file>', 'keep finished cells there, and go on where it ends')
    .option('--chart <file.svg>', 'draw a measure over a parameter')
    .option('--x <parameter>', 'along the bottom of the chart')
    .option('--y <measure>', 'along its side')
    .option('--arrow <file.arrow>', 'keep the table in the Arrow file format')
    .option('--csv', 'print the table as CSV')
    .option('--json', 'print data instead of text')
    .addHelpText('after', () =>
      `${LANES_HELP}

Measures (of counters the text says nothing more):
${measureLines().join('\n')}

A sweep that was stopped, by kill -9 too, goes on with the same --results
or the same --journal.

${JOURNAL_HELP}

Example:
  $ cowlab sweep examples/pinned-share.cow --set pinned=64,256,1024`)
    .action(async (file: string, flags: SweepFlags) => {
      await sweep(file, flags, io);
      ends(EXIT.holds);
    });
}

function measureLines(): string[] {
  const names = measureNames();
  const counters = names.filter(([, text]) => text === 'a counter of costs').map(([name]) => name);
  return [...paragraph(counters.join(' '), '  '), ...names.filter(([name]) => !counters.includes(name))
    .flatMap(([name, text]) => paragraph(text, `  ${name.padEnd(19)} `))];
}

async function sweep(file: string, flags: SweepFlags, io: Io): Promise<void> {
  const { chart, csv, json, results, arrow } = flags;
  if (csv === true && json === true) throw new UsageError('--csv and --json exclude each other; give one of them');
  if (chart !== undefined && !chart.endsWith('.svg'))
    throw new UsageError(`--chart ${chart} is no .svg file; name it ${chart.replace(/\.\w+$/, '')}.svg`);
  if (arrow !== undefined && !/\.(?:arrow|feather)$/.test(arrow))
    throw new UsageError(`--arrow ${arrow} is no .arrow file; name it ${arrow.replace(/\.\w+$/, '')}.arrow`);
  const { table, ran, all, kept: where } = await carryOut(sourceOf(file, flags, io), flags, io);
  // Drawn first: what cannot be drawn must not look as if all were done.
  if (chart !== undefined) await draw(table, chart, flags, io);
  if (arrow !== undefined) {
    const { sweepArrow } = await import('@cowlab/experiments/charts');
    place(arrow, await sweepArrow(table), io);
  }
  if (json === true) io.stdout.write(`${JSON.stringify(table, null, 2)}\n`);
  else if (csv === true) io.stdout.write(sweepCsv(table));
  else {
    const kept = results === undefined
      ? []
      : ['', ...paragraph(ran === all
        ? `All ${all} cells are kept in ${results}.`
        : `${all - ran} of ${all} cells were in ${results} already; ${ran} were run now.`)];
    if (where !== null) kept.push('', ...paragraph(where, 'cells     '));
    io.stdout.write(
      `${
        [...sweepText(table), ...kept, ...(chart === undefined ? [] : ['', ...paragraph(`The chart is in ${chart}.`)]),
          ...(arrow === undefined ? [] : ['', ...paragraph(`The table is in ${arrow}.`)])]
          .join('\n')
      }\n`,
    );
  }
}

function sourceOf(file: string, { set, zip, policies, measure, repeats, seed }: SweepFlags, io: Io): SweepSource {
  const axes = axesOf(set);
  return { file, cwd: io.cwd, asked: { ...io.asked }, set: axes, zip: zip === true, lanes: policies ?? null,
    measures: measure?.split(',').map((name) => name.trim()) ?? null, repeats: whole('--repeats', repeats, 1),
    seed: whole('--seed', seed, 0) };
}

function whole(flag: string, text: string | undefined, min: number): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text) && Number(text) >= min) return Number(text);
  throw new UsageError(`${flag} ${text} is no whole number; use one from ${min} on`);
}

async function carryOut(
  source: SweepSource,
  { workers, results, journal }: SweepFlags,
  io: Io,
): Promise<SweepDone & { readonly kept: string | null }> {
  const threads = whole('--workers', workers, 1);
  const watch = progress(io);
  try {
    let kept: KeptCellsInJournal | null = null;
    const done = await sweepFile(source, { ...(threads === null ? {} : { workers: threads }),
      ...(journal !== undefined && {
        keep: async (head: SweepHead) => (kept = await KeptCellsInJournal.open(journal, source.file, head, io)),
      }), results: results === undefined ? null : { path: resolve(io.cwd, results), name: results },
      onProgress: (now) => watch.say(progressText(now)) });
    return { ...done, kept: (kept as KeptCellsInJournal | null)?.text ?? null };
  } finally {
    watch.done();
  }
}

function progressText({ done, all, secondsLeft }: SweepProgress): string {
  const left = secondsLeft === null ? '' : `, ${durationText(Math.ceil(secondsLeft))} left`;
  return `${done} of ${all} cells${left} ...`;
}

const durationText = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
    ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;

async function draw(table: SweepTable, chart: string, { x, y }: SweepFlags, io: Io): Promise<void> {
  const { sweepChart } = await import('@cowlab/experiments/charts');
  const svg = await sweepChart(table, { ...(x !== undefined && { x }), ...(y !== undefined && { y }) });
  place(chart, svg, io);
}

function place(file: string, content: string | Uint8Array, io: Io): void {
  try {
    writeFileSync(resolve(io.cwd, file), content);
  } catch (cause) {
    throw new UsageError(`${file} cannot be written (${(cause as Error).message}); choose another place`, { cause });
  }
}
