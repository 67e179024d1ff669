/** `cowlab fuzz`: random programs on a kernel, this machine's or a guest's, and on the model, until they part. */
import { FUZZ_KINDS, type FuzzKinds } from '@cowlab/oracle';
import type { FuzzFinding, TakenProgram } from '@cowlab/oracle/fuzz';
import { type FuzzHere, fuzzHere } from '@cowlab/conformance';
import { settingLines } from '@cowlab/scenario';
import { type Command, Option } from 'commander';
import { shellWord } from '@cowlab/prose';
import { findingText, fuzzText } from './fuzz-text.ts';
import { JOURNAL_HELP, journalOption } from '../../journal/open-journal.ts';
import { KeptPrograms } from './kept-programs.ts';
import { OutputFolder } from '../../output/output-folder.ts';
import { openHere } from '../../terminal/open-here.ts';
import { type Ends, EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { SETTINGS_FLAG, SETTINGS_TEXT, settingsAgain, settingsOf } from '../../terminal/settings-flag.ts';

interface FuzzFlags {
  readonly seed?: string;
  readonly programs?: string;
  readonly only?: string;
  readonly kinds: FuzzKinds;
  readonly settings?: string;
  readonly profile?: string;
  readonly guest?: string;
  readonly workers?: string;
  readonly out: string;
  readonly keepGoing?: boolean;
  readonly maxDivergences?: string;
  readonly time?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

export function addFuzz(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('fuzz'))
    .summary('random programs, model against kernel')
    .description(
      'Run random programs on a kernel and on the model, and shrink what the two do not do alike.',
    )
    .option('--seed <n>', 'the same seed, the same programs (default: by the clock)')
    .option('--programs <n>', 'how many (default: 1000; with --time no limit)')
    .option('--time <seconds>', 'begin no more programs after this')
    .option('--only <numbers>', 'only these programs of the seed: 17 or 17,40')
    .addOption(
      new Option('--kinds <kinds>', 'golden: what recordings have; wide: more steps; swap: all of them').choices(
        FUZZ_KINDS,
      ).default(
        'golden',
      ),
    )
    .option(SETTINGS_FLAG, SETTINGS_TEXT)
    .option('--guest <release>', 'ask a fetched kernel under qemu (default: the kernel of this machine)')
    .option('--profile <lane>', 'the model (default: the profile of that kernel)')
    .option('--workers <n>', 'threads that run the model (default: by the number of CPUs)')
    .option('--max-divergences <n>', 'end after so many different ones (default: 1)')
    .option('--keep-going', 'end after no divergence')
    .option('--out <dir>', 'where shrunk programs are kept', 'cowlab-fuzz')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
A program that the two do not do alike is run again, shrunk to a minimal
one and kept as DIR/SEED-KINDS-NUMBER.cow. What looks the same before or
after shrinking is told once. Kinds of steps in wide, beyond golden: mlock,
munlock, mremap, MADV_FREE, sharedfile and rofile regions, small hugetlb
pools; in swap, beyond wide: swapout and MADV_COLD; in kernel: MADV_COLLAPSE,
forced writes, moved mappings. A guest gets a disk to swap to, this machine a
loop device for as long as it is asked.
With --settings regions are larger, so that folios fit into them.

A lane is a profile, or one with policies on top:
  linux-6.18+./my-policy.mjs

A seed gives the same run whatever the number of workers. The agent that
runs programs on the kernel has the machine to itself: a second one waits.
It is bound to one CPU and sets the rate; workers help where the model is
slower than that. Coverage counts what the model can do in such programs:
facts by command, their yes and no, verdicts of hooks, atomic steps.

With --journal each program is kept when it is through; a run of the same
seed that was cut goes on behind the last one, and its time begins anew.

${JOURNAL_HELP}

Needs root, a C compiler (cc) and io_uring, as cowlab record does. With
--guest, RELEASE as for cowlab kernels record, it needs qemu and cc alone;
an emulated kernel runs some ten programs a second.

Exit code 1 when a program diverges.

Example:
  $ cowlab fuzz --seed 7 --programs 5000
  $ cowlab fuzz --guest 6.1 --programs 500
  $ cowlab fuzz --settings 'mthp 64k always; mthp 16k always'`)
    .action(async (flags: FuzzFlags) => ends(await run(flags, io)));
}

async function run(flags: FuzzFlags, io: Io): Promise<ExitCode> {
  const seed = number(flags.seed, '--seed', 0, 0xffffffff) ?? Date.now() % 1_000_000;
  const secondsMax = number(flags.time, '--time', 1, 1_000_000) ?? Infinity;
  const most = number(flags.maxDivergences, '--max-divergences', 1, 1_000_000);
  if (flags.keepGoing === true && most !== undefined)
    throw new UsageError('--keep-going and --max-divergences say different things; keep one');
  const nrPrograms = number(flags.programs, '--programs', 1, 1_000_000_000)
    ?? (flags.time === undefined ? NR_PROGRAMS : 1_000_000_000);
  const settings = settingsOf(flags.settings);
  const only = flags.only?.split(',').map((word) => number(word, '--only', 0, 1_000_000_000) as number);
  if (only !== undefined && flags.programs !== undefined)
    throw new UsageError('--only and --programs both say which; keep one');
  const folder = OutputFolder.at(io, '--out', flags.out);
  // For what it has to say.
  await openHere(io);
  const watch = progress(io);
  const begun = performance.now();
  const kept = new Map<FuzzFinding, string>();
  const programsKept = await KeptPrograms.open(flags.journal, { seed, kinds: flags.kinds, only: only ?? null,
    profile: flags.profile ?? null, guest: flags.guest ?? null,
    ...(flags.settings !== undefined && { settings: settingLines(settings) }) }, io);
  watch.say('waiting for the kernel ...');
  let came: FuzzHere;
  try {
    came = await fuzzHere({
      cwd: io.cwd,
      asked: io.asked ?? {},
      seed,
      kinds: flags.kinds,
      settings,
      programs: only ?? nrPrograms,
      secondsMax,
      lane: flags.profile ?? null,
      guest: flags.guest === undefined ? null : { wanted: flags.guest, env: io.env },
      findingsMax: flags.keepGoing === true ? Infinity : most ?? 1,
      workers: number(flags.workers, '--workers', 0, 256) ?? null,
      onProgress: ({ nrPrograms: done, nrDiverging, nrCells, nrReached, shrinking }) => {
        const rate = Math.round((done * 1000) / Math.max(1, performance.now() - begun));
        const doing = shrinking === null ? '' : `, shrinking ${shrinking}`;
        watch.say(
          `${done} programs, ${rate}/s, ${nrDiverging} diverge, coverage ${nrReached} of ${nrCells}${doing} ...`,
        );
      },
      ...(programsKept !== null
        && { known: programsKept.known, onProgram: (taken: TakenProgram) => programsKept.add(taken) }),
      onFinding: (finding, save) => {
        const again = commandOf(seed, finding.number, flags);
        const { extension, text } = save(again);
        const path = folder.keep(`${seed}-${flags.kinds}-${finding.number}`, extension, text);
        kept.set(finding, path);
        watch.done();
        if (flags.json !== true) io.stdout.write(`${findingText(finding, path, again, flags).join('\n')}\n`);
      },
    });
    await programsKept?.finish();
  } finally {
    watch.done();
    await programsKept?.close();
  }
  if (flags.json === true) io.stdout.write(`${JSON.stringify(dataOf(came, seed, flags, kept), null, 2)}\n`);
  else io.stdout.write(`${[...fuzzText(came, seed, flags.kinds), ...(programsKept?.lines ?? [])].join('\n')}\n`);
  if (came.diverging.length > 0) return EXIT.finding;
  return came.unjudged.length > 0 ? EXIT.misuse : EXIT.holds;
}

const NR_PROGRAMS = 1000;

function number(text: string | undefined, flag: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text.trim()) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${flag} is '${text}'; give it a whole number from ${min} to ${max}`);
}

/** What makes that program again, and nothing else. */
function commandOf(seed: number, program: number, { kinds, settings, profile, guest }: FuzzFlags): string {
  return `cowlab fuzz --seed ${seed} --only ${program}${kinds === 'golden' ? '' : ` --kinds ${kinds}`}${
    profile === undefined ? '' : ` --profile ${shellWord(profile)}`
  }${guest === undefined ? '' : ` --guest ${shellWord(guest)}`}${settingsAgain(settingsOf(settings))}`;
}

function dataOf(came: FuzzHere, seed: number, flags: FuzzFlags, kept: ReadonlyMap<FuzzFinding, string>): unknown {
  const { release, profile, machine, nrPrograms, seconds, workers, diverging, findings, unjudged, nrReporting,
    coverage } = came;
  return {
    kind: 'fuzz',
    seed,
    kinds: flags.kinds,
    settings: settingLines(settingsOf(flags.settings)),
    kernel: release,
    guest: flags.guest !== undefined,
    profile,
    machine,
    nrPrograms,
    seconds,
    workers,
    diverging,
    unjudged,
    nrReporting,
    findings: findings.map((finding) => {
      const { number: program, divergence, shrunk } = finding;
      return { program, file: kept.get(finding), divergence, shrunk, repeat: commandOf(seed, program, flags) };
    }),
    coverage,
  };
}
