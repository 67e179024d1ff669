/** `cowlab kernels`: other kernels than this machine's, fetched from a distribution and booted under qemu. */
import { basename } from 'node:path';
import { fetchKernels, kernelFetched, type KernelRecording, kernelsAvailable, kernelsFetched, readPrograms,
  recordOnKernel } from '@cowlab/conformance';
import { inputPath, readText } from '@cowlab/composition/node';
import type { Command } from 'commander';
import { OutputFolder } from '../../output/output-folder.ts';
import { keepApart } from '../../output/same-file.ts';
import { type Ends, EXIT, type Io, progress, UsageError } from '../../terminal/io.ts';
import { SETTINGS_FLAG, SETTINGS_TEXT, settingsOf } from '../../terminal/settings-flag.ts';
import { resolved, resolvedData, resolvedText } from './kernels-resolve.ts';
import { kernelsText } from './kernels-text.ts';

interface MirrorFlags {
  readonly from?: string;
  readonly refresh?: boolean;
  readonly json?: boolean;
}

interface ResolveFlags {
  readonly resolve?: string;
  readonly json?: boolean;
}

interface ListFlags extends MirrorFlags {
  readonly fetched?: boolean;
  readonly all?: boolean;
}

interface RecordFlags {
  readonly settings?: string;
  readonly programs: string;
  readonly out: string;
  readonly set?: string;
  readonly force?: boolean;
  readonly cpus?: string;
  readonly memory?: string;
  readonly json?: boolean;
}

const RELEASES = `
RELEASE is what uname -r says (6.1.0-50-cloud-amd64), a version (6.1.176),
a series (6.1: its newest kernel) or newest.
`;

/** --json is an option of `kernels` and of each of its commands: whichever of them takes it up, it is meant. */
export function addKernels(program: Command, io: Io, ends: Ends): void {
  const kernels = program.command('kernels')
    .summary('other kernels, under qemu')
    .description('Fetch kernels of a distribution, boot them under qemu, record from them.')
    .option('--resolve <name>', 'which profile stands for a kernel, and on which facts')
    .option('--json', 'with --resolve: print data instead of text')
    .addHelpText('after', `
NAME is a release (5.10.223), what uname -r says, or a line of
/proc/version. Where it does not tell the stable release, or a distribution
is known to change memory management, a neighbour is named and a warning
says so. Such names can be used as lanes too.

Kernels are fetched by apt with a configuration of its own: the machine's
apt, its suites and its packages stay as they are, and root is not needed.
They are kept in ~/.cache/cowlab/kernels (or in XDG_CACHE_HOME).

Examples:
  $ cowlab kernels --resolve 5.10.223
  $ cowlab kernels --resolve "$(uname -r)" --json
  $ cowlab kernels list
  $ cowlab kernels fetch 5.10 6.1 6.12 newest
  $ cowlab kernels record 5.10 --programs my.programs.txt --out recordings`)
    .action((flags: ResolveFlags) => {
      if (flags.resolve === undefined)
        throw new UsageError('which? cowlab kernels --resolve NAME, or one of list, fetch, record');
      const found = resolved(flags.resolve);
      io.stdout.write(
        flags.json === true
          ? `${JSON.stringify(resolvedData(found), null, 2)}\n`
          : `${resolvedText(found).join('\n')}\n`,
      );
      ends(EXIT.holds);
    });
  kernels.command('list')
    .description('List what is fetched, and what the distribution has.')
    .option('--fetched', 'only what is fetched; needs no network')
    .option('--all', 'not only the newest of each series')
    .option('--from <distribution>', 'debian or ubuntu (default: of this machine)')
    .option('--refresh', 'read the package lists again (else once a day)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', '\nExample:\n  $ cowlab kernels list --fetched')
    .action(async (_: ListFlags, command: Command) => {
      await list(command.optsWithGlobals<ListFlags>(), io);
      ends(EXIT.holds);
    });
  kernels.command('fetch')
    .description('Fetch kernels from a distribution.')
    .argument('<release...>', 'which')
    .option('--from <distribution>', 'debian or ubuntu (default: of this machine)')
    .option('--refresh', 'read the package lists again (else once a day)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `${RELEASES}
Examples:
  $ cowlab kernels fetch 5.10 6.1 6.12 newest
  $ cowlab kernels fetch 6.8 --from ubuntu`)
    .action(async (releases: readonly string[], _: MirrorFlags, command: Command) => {
      await fetch(releases, command.optsWithGlobals<MirrorFlags>(), io);
      ends(EXIT.holds);
    });
  kernels.command('record')
    .description('Boot fetched kernels, run programs on them and write what is seen.')
    .argument('<release...>', 'which, of those that are fetched')
    .requiredOption('--programs <file>', 'SET.programs.txt')
    .requiredOption('--out <dir>', 'recordings go to DIR/SET.RELEASE.jsonl')
    .option('--set <name>', 'name of the set (default: from the name of the file)')
    .option('--force', 'overwrite recordings')
    .option(SETTINGS_FLAG, SETTINGS_TEXT)
    .option('--cpus <n>', 'CPUs of the guest (default: 1)')
    .option('--memory <MiB>', 'memory of the guest (default: 1024)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `${RELEASES}
Needs qemu-system-x86_64 and a C compiler (cc). The guest has an initramfs
of the agent and the programs, THP = madvise, khugepaged asleep, a hugetlb
pool of 64 pages, and a disk of 1 GiB to swap to (NVMe) where a program
swaps out. Without KVM it is emulated, at some 8 programs a second. cowlab
conform reads DIR if the programs are there too.

Examples:
  $ cowlab kernels record 5.10 6.1 --programs rec/my.programs.txt --out rec
  $ cowlab conform --golden rec`)
    .action(async (releases: readonly string[], _: RecordFlags, command: Command) => {
      await record(releases, command.optsWithGlobals<RecordFlags>(), io);
      ends(EXIT.holds);
    });
}

async function list(flags: ListFlags, io: Io): Promise<void> {
  const fetched = kernelsFetched(io.env);
  const available = flags.fetched === true
    ? null
    : await watched(io, (onText) => kernelsAvailable({ ...mirror(flags, io), onText }));
  for (const complaint of available?.complaints ?? [])
    io.stderr.write(`cowlab: not all of the package lists: ${complaint}\n`);
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ kind: 'kernels', fetched, available }, null, 2)}\n`
      : kernelsText(fetched, available, { all: flags.all === true }),
  );
}

async function fetch(releases: readonly string[], flags: MirrorFlags, io: Io): Promise<void> {
  const fetched = await watched(io, (onText) => fetchKernels(releases, { ...mirror(flags, io), onText }));
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ kind: 'kernels', fetched, available: null }, null, 2)}\n`
      : fetched.map(({ release, version }) => `${release}: Linux ${version}, fetched\n`).join(''),
  );
}

async function record(releases: readonly string[], flags: RecordFlags, io: Io): Promise<void> {
  const file = inputPath(flags.programs, io.cwd);
  const set = flags.set ?? basename(file).replace(/\.gz$/, '').replace(/(\.programs)?\.txt$/, '');
  if (set === '' || set.includes('/'))
    throw new UsageError('--set is a part of file names; give it one without a slash');
  const settings = { ...count('--cpus', flags.cpus, 1, 64, 'cpus'),
    ...count('--memory', flags.memory, 256, 65_536, 'memoryMib') };
  const machine = settingsOf(flags.settings);
  const programs = readPrograms(readText(file, flags.programs), flags.programs);
  const out = OutputFolder.at(io, '--out', flags.out, flags);
  const wanted = [...new Set(releases)].map((name) => ({ name, kernel: kernelFetched(name, io.env),
    to: out.file(`${set}.${name}.jsonl`) })
  );
  keepApart([{ path: file, name: flags.programs }], wanted.map(({ to }) => to));
  const recorded: (Omit<KernelRecording, 'text'> & { readonly file: string })[] = [];
  for (const { kernel, to } of wanted) {
    const { text, ...about } = await watched(io, (onText) => {
      onText(`booting ${kernel.release} ...`);
      return recordOnKernel(kernel, set, programs, { env: io.env, ...settings, settings: machine, onProgram: (done) =>
        onText(`${kernel.release}: ${done} of ${programs.length} programs ...`) });
    });
    to.write(text);
    recorded.push({ file: to.name, ...about });
    if (flags.json !== true)
      io.stdout.write(`${to.name}: ${about.nrPrograms} programs on ${about.kernel} (${about.accelerator})\n`);
  }
  if (flags.json === true) io.stdout.write(`${JSON.stringify({ kind: 'recorded', recorded }, null, 2)}\n`);
}

function mirror(
  { from, refresh }: MirrorFlags,
  { env }: Io,
): { env: Io['env']; from: string | null; refresh: boolean } {
  return { env, from: from ?? null, refresh: refresh === true };
}

async function watched<Value>(io: Io, work: (onText: (text: string) => void) => Promise<Value>): Promise<Value> {
  const watch = progress(io);
  try {
    return await work((text) => watch.say(text));
  } finally {
    watch.done();
  }
}

function count(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
  name: 'cpus' | 'memoryMib',
): Readonly<Record<string, number>> {
  if (text === undefined) return {};
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${flag} ${text} is no number from ${least} to ${most}`);
  return { [name]: value };
}
