/** `cowlab record`: programs on the kernel of this machine. */
import { basename } from 'node:path';
import { readPrograms, recordHere } from '@cowlab/conformance';
import { inputPath, readText } from '@cowlab/composition/node';
import type { LiveProgram } from '@cowlab/oracle/live';
import type { Command } from 'commander';
import { paragraph } from '@cowlab/prose';
import { KeptResults } from '../../journal/kept-results.ts';
import { JOURNAL_HELP, journalOption } from '../../journal/open-journal.ts';
import { OutputFile } from '../../output/output-file.ts';
import { placesIn } from '../../output/same-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, progress } from '../../terminal/io.ts';
import { SETTINGS_FLAG, SETTINGS_TEXT, settingsOf } from '../../terminal/settings-flag.ts';

interface RecordFlags {
  readonly out: string;
  readonly set?: string;
  readonly settings?: string;
  readonly journal?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

export function addRecord(program: Command, io: Io, ends: Ends): void {
  journalOption(program.command('record'))
    .summary('programs on this kernel')
    .description('Run programs on the kernel of this machine and write what is seen from outside.')
    .argument('<programs>', 'SET.programs.txt')
    .requiredOption('--out <file>', 'where the recording goes: SET.KERNEL.jsonl')
    .option('--set <name>', 'name of the set (default: from the name of the file)')
    .option(SETTINGS_FLAG, SETTINGS_TEXT)
    .option('--json', 'print data instead of text')
    .option('--force', 'overwrite the recording')
    .addHelpText('after', `
Needs root, a C compiler (cc) and io_uring: a small agent is compiled and
runs the programs in processes of their own. While it runs, the hugetlb
pool has 64 pages, THP is madvise, other folios of anonymous memory are
off and khugepaged sleeps; all are set back afterwards. --settings are
those of all programs that do not say otherwise, and stand in the
recording. What it writes is read by cowlab conform. With --journal each
program is kept as it is through.

${JOURNAL_HELP}

Example:
  $ cowlab record examples/golden/directed.programs.txt.gz --out here.jsonl`)
    .action(async (programs: string, flags: RecordFlags) => ends(await run(programs, flags, io)));
}

async function run(file: string, flags: RecordFlags, io: Io): Promise<ExitCode> {
  const from = inputPath(file, io.cwd);
  const to = OutputFile.at(io, flags.out, { force: flags.force, name: `--out ${flags.out}`,
    inputs: placesIn(io.cwd, [file]) });
  const set = flags.set ?? basename(file).replace(/\.gz$/, '').replace(/(\.programs)?\.txt$/, '');
  const programs = readPrograms(readText(from, file), file);
  const settings = settingsOf(flags.settings);
  const kept = await KeptResults.open(flags.journal, { command: 'record', experiment: set, lane: 'record',
    asked: `record ${file}, ${programs.length} programs`, question: null }, io);
  const watch = progress(io);
  try {
    const onProgram = (done: number, program: LiveProgram): void => {
      kept?.add(program);
      watch.say(`${done} of ${programs.length} programs ...`);
    };
    const { kernel, machine, text, nrPrograms } = await recordHere(set, programs, onProgram, settings);
    watch.done();
    kept?.add({ kernel, machine });
    await kept?.finish();
    to.write(text);
    if (flags.json === true) {
      const recorded = [{ file: flags.out, set, kernel, nrPrograms, machine }];
      io.stdout.write(`${JSON.stringify({ kind: 'recorded', recorded }, null, 2)}\n`);
    } else {
      const about = machine === null ? '' : `(${machine}; the recording says so)\n`;
      const where = kept === null ? '' : `${paragraph(kept.text, 'also ').join('\n')}\n`;
      io.stdout.write(`${flags.out}: ${nrPrograms} programs on ${kernel}\n${about}${where}`);
    }
  } finally {
    watch.done();
    await kept?.close();
  }
  return EXIT.holds;
}
