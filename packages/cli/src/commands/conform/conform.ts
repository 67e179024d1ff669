/** `cowlab conform`: the model against recordings of kernels, or against the kernel of this machine. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSum, conform, emittedRecording, type KernelConformance, readPrograms, readRecordingOfKernel,
  readSums } from '@cowlab/conformance';
import type { Observation } from '@cowlab/oracle';
import { inputPath, readText } from '@cowlab/composition/node';
import type { Program } from '@cowlab/scenario';
import type { Command } from 'commander';
import { conformLive, type LiveFlags } from './conform-live.ts';
import { conformSuite, type SuiteFlags } from './conform-suite.ts';
import { conformText } from './conform-text.ts';
import { paragraph } from '@cowlab/prose';
import { KeptResults, type Question } from '../../journal/kept-results.ts';
import { JOURNAL_HELP, journalOption } from '../../journal/open-journal.ts';
import { experimentOf } from '../../journal/run-names.ts';
import { OutputFolder } from '../../output/output-folder.ts';
import { isSameFile } from '../../output/same-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import { SETTINGS_FLAG, settingsOf } from '../../terminal/settings-flag.ts';

interface ConformFlags extends LiveFlags {
  readonly golden: string;
  readonly set?: string;
  readonly emit?: string;
  readonly settings?: string;
}

export function addConform(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('conform'))
    .summary('kernels against the model')
    .description('Run programs on the model and say where it differs from a kernel.')
    .argument('[scenarios...]', 'with --live: .cow files, folders of them, SET.programs.txt')
    .option('--golden <dir>', 'recordings: SET.programs.txt and SET.KERNEL.jsonl')
    .option('--live', 'the kernel of this machine, in KTAP')
    .option('--suite <name>', 'scenarios that come with cowlab, on the model or with --live: cow')
    .option('--ktap', 'with --suite: KTAP of every profile')
    .option('--profile <lane>',
      'with --live: the model (default: by uname -r); with --suite: the lanes (default: all profiles)')
    .option('--junit <file>', 'with --live or --suite: also write JUnit XML')
    .option('--kernel <kernels>',
      'only these: 5.10,6.12 (default: all recorded); with --live: the profile of that release')
    .option('--set <sets>', 'only these: random,directed (default: all)')
    .option(SETTINGS_FLAG, 'with --golden: the machine of recordings that do not say it')
    .option('--emit <dir>', 'write what the model did as DIR/SET.KERNEL.jsonl')
    .option('--force', 'overwrite files of --emit and --junit')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Files may be gzipped (.gz), and SET is whatever they are called. A program
is compared up to its first divergence. KERNEL runs on the profile
linux-KERNEL, or on the nearest older one. A recording's header may say
settings of its machine (thp, mthp); --settings is for those that do not.

Compared: results, values, device, pipe and last loads; presence and
identity of pages; mapcount of small pages and the flags A Z T H E. Letters
x f h t and the mapcount of huge pages are compared too, but are no
divergence; s and K are not modelled.

--emit writes the same format, header line included. With --kernel it also
runs a set that has no recording.

With --live, every scenario is run on both, page by page and step by step,
and what it expects of the profile is judged. What this machine cannot do
is skipped by name; without root, values and errnos are compared. On a
machine that maps no zero page the model runs with no-zero-page on top.
Settings (hugetlb pool, THP, khugepaged) are put back, also on Ctrl-C.

--suite cow is the catalogue of the kernel's selftests cow.c and
gup_longterm.c: what must hold, and on which kernels it is known not to.

With --journal what each set, scenario or program came to is kept when it
is known, and a run that was cut goes on behind it (not with --emit).

${JOURNAL_HELP}

Exit code 1 when a program diverges, when what must hold does not, or when
a known failure does not show.

Example:
  $ cowlab conform --golden examples/golden --set directed --kernel 6.12
  $ cowlab conform --live examples/rdma.cow
  $ cowlab conform --suite cow --profile linux-5.10,linux-6.1`)
    .action(async (scenarios: readonly string[], flags: Given) => ends(await chosenWay(scenarios, flags, io)));
}

type Given = Omit<ConformFlags, 'golden'> & Partial<SuiteFlags> & { readonly golden?: string };

async function chosenWay(scenarios: readonly string[], given: Given, io: Io): Promise<ExitCode> {
  const { suite } = given;
  if (suite !== undefined) return conformSuite({ ...given, suite }, scenarios, io);
  if (given.ktap === true) throw new UsageError('--ktap is for --suite; --live prints KTAP anyway');
  const { golden, live = false, ...flags } = given;
  if (live === (golden !== undefined))
    throw new UsageError('say which kernel: either --golden DIR or --live SCENARIO, or name a --suite');
  if (golden === undefined) return conformLive(scenarios, flags, io);
  if (scenarios.length > 0)
    throw new UsageError(`--golden takes its programs from ${golden}; leave out ${scenarios[0]}, or say --live`);
  return run({ golden, ...flags }, io);
}

interface Job {
  readonly set: string;
  readonly kernel: string;
  /** File names; null: not recorded. */
  readonly programs: string;
  readonly recording: string | null;
}

async function run(flags: ConformFlags, io: Io): Promise<ExitCode> {
  const golden = inputPath(flags.golden, io.cwd);
  const emit = flags.emit === undefined ? null : OutputFolder.at(io, '--emit', flags.emit, flags);
  if (emit !== null && isSameFile(emit.place.path, golden))
    throw new UsageError('--emit and --golden name the same folder; give --emit another one');
  const settings = settingsOf(flags.settings);
  const jobs = chosen(flags, filesOf(golden, flags.golden));
  const emitted = new Map(jobs.map((job) => [job, emit?.file(`${job.set}.${job.kernel}.jsonl`)]));
  const { catalogue } = await openHere(io);
  const sums = readSums(golden);
  const watch = progress(io);
  const results: KernelConformance[] = [];
  const read = new Map<string, readonly Program[]>();
  const kept = await KeptResults.open(flags.journal, questionOf(flags, golden, jobs), io);
  const known = new Map(
    (kept?.found as readonly KernelConformance[] | undefined ?? []).map((one) => [keyOf(one), one]),
  );
  try {
    for (const job of jobs) {
      const before = known.get(keyOf(job));
      if (before !== undefined) {
        results.push(before);
        continue;
      }
      for (const file of [job.programs, job.recording]) if (file !== null) checkSum(golden, file, sums);
      const programs = read.get(job.set) ?? readPrograms(readText(join(golden, job.programs)), job.programs);
      read.set(job.set, programs);
      const recording = job.recording === null
        ? null
        : readRecordingOfKernel(readText(join(golden, job.recording)), job.recording, job);
      const seen: { id: string; observations: readonly Observation[] }[] = [];
      const onProgram = ({ id = '' }: Program, observations: readonly Observation[], done: number): void => {
        // A program that broke the model has no last look: it is told as a divergence and not as a recording.
        if (emit !== null && observations.at(-1)?.i === -1) seen.push({ id, observations });
        if (done % SAY_EVERY === 0)
          watch.say(`${job.set} on ${job.kernel}: ${done} of ${programs.length} programs ...`);
      };
      const result = await conform({ set: job.set, programs, recording, kernel: job.kernel, catalogue, settings,
        onProgram });
      emitted.get(job)?.write(emittedRecording(result, seen));
      results.push(result);
      kept?.add(result);
      await kept?.flush();
    }
    await kept?.finish();
  } finally {
    watch.done();
    await kept?.close();
  }
  io.stdout.write(
    `${
      (flags.json === true ? [JSON.stringify({ kind: 'conform', results }, null, 2)] : [
        ...conformText(results, flags.emit),
        ...(kept === null ? [] : ['', ...paragraph(`results ${kept.text}`)]),
      ])
        .join('\n')
    }\n`,
  );
  return results.some(({ divergences }) => divergences.length > 0) ? EXIT.finding : EXIT.holds;
}

const SAY_EVERY = 50;

const keyOf = ({ set, kernel }: { readonly set: string; readonly kernel: string }): string => `${set} ${kernel}`;

/** Emitted programs are not in a journal: such a run is none that could go on. */
function questionOf(
  { emit, golden: name, journal, settings }: ConformFlags,
  golden: string,
  jobs: readonly Job[],
): Question {
  const hash = (file: string | null): string | null =>
    file === null ? null : createHash('sha256').update(readFileSync(join(golden, file))).digest('hex');
  return { command: 'conform', experiment: experimentOf(golden), lane: 'golden',
    asked: `conform with ${name}: ${jobs.map(keyOf).join(', ')}`, question: journal === undefined || emit !== undefined
      ? null
      : [...(settings === undefined ? [] : [['settings', settings]]),
        ...jobs.map((job) => [keyOf(job), hash(job.programs), hash(job.recording)])] };
}

/** The recordings that are asked for. @throws UsageError */
export function recordedJobs(flags: Pick<ConformFlags, 'golden' | 'kernel' | 'set'>, io: Io): readonly Job[] {
  return chosen(flags, filesOf(inputPath(flags.golden, io.cwd), flags.golden));
}

interface Files {
  readonly folder: string;
  /** Set → its programs file. */
  readonly programs: ReadonlyMap<string, string>;
  /** In the order of sets and kernels. */
  readonly recordings: readonly Required<Job>[];
}

function filesOf(path: string, folder: string): Files {
  let names: string[];
  try {
    names = readdirSync(path).sort();
  } catch (cause) {
    throw new UsageError(
      `--golden ${folder} cannot be read (${(cause as Error).message}); give the folder of the recordings`,
      { cause },
    );
  }
  const twice = names.find((name) => names.includes(`${name}.gz`));
  if (twice !== undefined) throw new UsageError(`${folder} holds ${twice} and ${twice}.gz; remove one of them`);
  const programs = new Map(names.flatMap((name) => named(name, /^(.+)\.programs\.txt(?:\.gz)?$/)));
  // A set's name may itself hold dots: of `a` and `a.b` the longer one that fits is meant.
  const sets = [...programs.keys()].sort((a, b) => b.length - a.length);
  const recordings = names.flatMap((name) => {
    const [[stem] = ['']] = named(name, /^(.+)\.jsonl(?:\.gz)?$/);
    const set = sets.find((one) => stem.startsWith(`${one}.`));
    return set === undefined
      ? []
      : [{ set, kernel: stem.slice(set.length + 1), programs: programs.get(set) as string, recording: name }];
  });
  if (programs.size === 0)
    throw new UsageError(
      `${folder} holds no SET.programs.txt or SET.programs.txt.gz; give the folder of the recordings`,
    );
  return { folder, programs,
    recordings: recordings.sort((a, b) => a.set.localeCompare(b.set) || byNumbers(a.kernel, b.kernel)) };
}

function named(name: string, shape: RegExp): [string, string][] {
  const stem = shape.exec(name)?.[1];
  return stem === undefined ? [] : [[stem, name]];
}

const byNumbers = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function chosen(
  { kernel, set, emit }: Pick<ConformFlags, 'kernel' | 'set' | 'emit'>,
  { folder, programs, recordings }: Files,
): readonly Job[] {
  const recorded = [...new Set(recordings.map((one) => one.kernel))];
  const sets = listed(set) ?? [...programs.keys()];
  const odd = sets.find((one) => !programs.has(one));
  if (odd !== undefined)
    throw new UsageError(`--set ${odd}: ${folder} holds ${[...programs.keys()].join(', ')}; give some of these`);
  const kernels = listed(kernel) ?? recorded;
  const jobs = sets.flatMap((one) =>
    kernels.flatMap((release): Job[] => {
      const found = recordings.find((recording) => recording.set === one && recording.kernel === release);
      if (found !== undefined) return [found];
      // Asked for by name, what the model does can be written without a kernel to compare it with.
      return emit !== undefined && kernel !== undefined
        ? [{ set: one, kernel: release, programs: programs.get(one) as string, recording: null }]
        : [];
    })
  );
  const unheard = kernels.find((release) => jobs.every((job) => job.kernel !== release));
  if (unheard !== undefined)
    throw new UsageError(`--kernel ${unheard} is not recorded; give some of ${recorded.join(', ')}, or --emit too`);
  if (jobs.length === 0)
    throw new UsageError(
      `${folder} holds no recording (SET.KERNEL.jsonl or .jsonl.gz); give the folder of the recordings`,
    );
  return jobs;
}

function listed(text: string | undefined): readonly string[] | null {
  return text === undefined
    ? null
    : [...new Set(text.split(',').map((word) => word.trim()).filter((word) => word !== ''))];
}
