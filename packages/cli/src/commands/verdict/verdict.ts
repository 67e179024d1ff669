/** `cowlab verdict`: is this program's fork() safe with what it registered, on which kernel. */
import { type Lane, resolveLanes, type Workplace } from '@cowlab/composition';
import { openHere } from '../../terminal/open-here.ts';
import { documentOf, exitOf, releaseOf, type Verdict, verdictOn, verdictText } from '@cowlab/verdict';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { readInputs } from './verdict-inputs.ts';
import { junitOf, markdownOf, sarifOf } from './verdict-formats.ts';

interface VerdictFlags {
  readonly kernel?: string;
  readonly recordedOn?: string;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly junit?: boolean;
  readonly markdown?: boolean;
}

/** The oldest and the newest that distributions support: Debian 11 has 5.10, the long-term kernel is 6.18. */
const SUPPORTED = ['linux-5.10', 'linux-6.18'];

export function addVerdict(program: Command, io: Io, ends: Ends): void {
  program.command('verdict')
    .summary('is its fork() safe, on which kernel')
    .description(
      'Say in one sentence whether the fork()s of a recorded program are safe with the memory that it has registered.',
    )
    .argument('<recording...>', 'what strace wrote, plain or packed; - for a pipe; NAME.PID of strace -ff; or a folder')
    .option('--kernel <list>', 'kernels to judge for: linux-5.9-rc5,6.18', SUPPORTED.join(','))
    .option('--recorded-on <kernel>', 'the kernel that was recorded, if its calls do not tell')
    .option('--json', 'print data: sentence, verdict, notShown, kernels, ...')
    .option('--sarif', 'print SARIF 2.1')
    .option('--junit', 'print JUnit XML')
    .option('--markdown', 'print Markdown')
    .addHelpText('after', `
Verdicts, best first: SAFE; UNNEEDED (a protection that only costs);
DEPENDS (on a datum that is named, with the command that collects it);
UNSAFE. What the recording could not have shown is listed as well.

Beside NAME.strace are read, if they are there, NAME.faults (perf script's
page faults) and NAME.accesses (stores that somebody states).

Exit codes: 0 SAFE or UNNEEDED; 1 UNSAFE or DEPENDS; 2 no recording.

A recording is best made by cowlab trace; without it:
  strace -f -ttt -y -o app.strace -e \\
    trace=%memory,%process,%desc,io_uring_setup,io_uring_register,vmsplice \\
    ./app

Example:
  $ cowlab verdict examples/recordings/uring-fork --kernel 5.10,6.18`)
    .action(async (names: readonly string[], flags: VerdictFlags) => ends(await verdict(names, flags, io)));
}

async function verdict(names: readonly string[], flags: VerdictFlags, io: Io): Promise<ExitCode> {
  const formats = [flags.json, flags.sarif, flags.junit, flags.markdown].filter((one) => one === true);
  if (formats.length > 1) throw new UsageError('give one of --json, --sarif, --junit and --markdown');
  const lanes = await kernelsOf(flags.kernel ?? SUPPORTED.join(','), await openHere(io));
  const verdicts = (await readInputs(names, io.cwd)).map((input) =>
    verdictOn({ ...input, recordedOn: flags.recordedOn }, lanes)
  );
  io.stdout.write(`${print(verdicts, flags)}\n`);
  return verdicts.some((one) => exitOf(one.verdict) === EXIT.finding) ? EXIT.finding : EXIT.holds;
}

const ORDER = ['SAFE', 'UNNEEDED', 'DEPENDS', 'UNSAFE'];

function print(verdicts: readonly Verdict[], flags: VerdictFlags): string {
  if (flags.sarif === true) return JSON.stringify(sarifOf(verdicts), null, 2);
  if (flags.junit === true) return junitOf(verdicts);
  if (flags.markdown === true) return verdicts.map(markdownOf).join('\n\n');
  if (flags.json !== true) return verdicts.map((one) => verdictText(one).join('\n')).join('\n\n');
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
