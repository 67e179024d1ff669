/** `cowlab litmus`: what the memory models that races run on say of the tests that everybody knows. */
import { answer, type Architecture, generate, LITMUS_MEMORIES, type LitmusMemory, type LitmusTest, type LitmusVerdict,
  parseNames, readLitmus } from '@cowlab/checker/litmus';
import { inputPath, readText } from '@cowlab/composition/node';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';

interface LitmusFlags {
  readonly names?: string;
  readonly memory?: string;
  readonly json?: boolean;
}

interface Answered {
  readonly name: string;
  readonly verdict: LitmusVerdict | 'not understood';
  /** What the list says of it. */
  readonly known: LitmusVerdict | null;
  readonly why: string | null;
  readonly ms: number;
}

export function addLitmus(program: Command, io: Io, ends: Ends): void {
  program.command('litmus')
    .summary('litmus tests of memory models')
    .description('Tell of litmus tests whether the end that they ask about can be reached.')
    .argument('[files...]', '.litmus files of AArch64 or X86')
    .option('--names <file>', 'names of tests in the convention of diy, one a line')
    .option('--memory <model>', 'armv8, tso or sc (default: that of the architecture; of names, armv8)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
One line a test: its name, a tab, and Allowed, Forbidden or not understood.
Names are families (SB, MP, LB, WRC, IRIW, 2+2W, Z6.3, W+RW+WR) and, after
each +, what lies between the accesses of a thread: po, dmb.sy, addr, data,
ctrl, ctrlisb, rfi, mfence, with letters for what is special of the first
and the second (a acquire, q acquirePC, l release, x exclusive, p plain).
A name may be followed by a tab and the verdict that is known: then the
ones that differ are told, and the exit code is 1. Models: armv8 is
Promising-ARM, in which one instruction that both acquires and releases
is a full barrier (as in herdtools7 since its pull request 322); tso is
x86 with store buffers.

Example:
  $ cowlab litmus --names examples/litmus/aarch64.verdicts.tsv
  $ cowlab litmus examples/litmus/pin-against-fork.litmus`)
    .action(async (files: readonly string[], flags: LitmusFlags) => {
      ends(run(files, flags, io));
      return Promise.resolve();
    });
}

function run(files: readonly string[], flags: LitmusFlags, io: Io): ExitCode {
  const memory = flags.memory === undefined ? null : memoryOf(flags.memory);
  if (files.length === 0 && flags.names === undefined)
    throw new UsageError('which tests? give .litmus files, or --names with a file of names');
  const tests: Answered[] = files.map((file) => {
    const text = readText(inputPath(file, io.cwd), file);
    return timed(file, null, () => readLitmus(text, file), memory);
  });
  if (flags.names !== undefined) {
    const text = readText(inputPath(flags.names, io.cwd), flags.names);
    for (const { name, known } of parseNames(text, flags.names))
      tests.push(timed(name, known, () => named(name, memory ?? 'armv8'), memory ?? 'armv8'));
  }
  return tell(tests, memory, flags, io);
}

function memoryOf(text: string): LitmusMemory {
  const found = LITMUS_MEMORIES.find((memory) => memory === text);
  if (found === undefined) throw new UsageError(`--memory ${text} is not known; use ${LITMUS_MEMORIES.join(', ')}`);
  return found;
}

/** Memory in one order is no architecture's: names of both are understood. */
function named(name: string, memory: LitmusMemory): LitmusTest | null {
  const architectures: readonly Architecture[] = memory === 'armv8' ? ['AArch64'] : memory === 'tso'
    ? ['X86']
    : ['AArch64', 'X86'];
  for (const architecture of architectures) {
    const test = generate(name, architecture);
    if (test !== null) return test;
  }
  return null;
}

function timed(
  name: string,
  known: LitmusVerdict | null,
  read: () => LitmusTest | null,
  memory: LitmusMemory | null,
): Answered {
  const began = performance.now();
  const done = (verdict: Answered['verdict'], why: string | null, as: string = name): Answered => ({ name: as, verdict,
    known, why, ms: performance.now() - began });
  try {
    const test = read();
    if (test === null) return done('not understood', 'the name does not say which test it is');
    return done(answer(test, memory ?? (test.architecture === 'X86' ? 'tso' : 'armv8')), null, test.name);
  } catch (cause) {
    if (!(cause instanceof RangeError) && !(cause instanceof Error && cause.name === 'LitmusError')) throw cause;
    return done('not understood', cause.message);
  }
}

function tell(tests: readonly Answered[], memory: LitmusMemory | null, { json, names }: LitmusFlags, io: Io): ExitCode {
  const odd = tests.filter(({ known, verdict }) => known !== null && verdict !== 'not understood' && known !== verdict);
  if (json === true) {
    io.stdout.write(
      `${
        JSON.stringify({ kind: 'litmus', memory: memory ?? (names === undefined ? 'own' : 'armv8'), tests,
          figures: figuresOf(tests) }, null, 2)
      }\n`,
    );
  } else {
    io.stdout.write(tests.map(({ name, verdict }) => `${name}\t${verdict}\n`).join(''));
    for (const { name, why } of tests)
      if (why !== null && names === undefined) io.stderr.write(`cowlab: ${name} is not understood: ${why}\n`);
    for (const { name, known, verdict } of odd)
      io.stderr.write(`cowlab: ${name} is ${verdict}, and ${known} is what the list says\n`);
  }
  return odd.length === 0 ? EXIT.holds : EXIT.finding;
}

function figuresOf(tests: readonly Answered[]) {
  const understood = tests.filter(({ verdict }) => verdict !== 'not understood');
  const known = understood.filter((test) => test.known !== null);
  const times = understood.map(({ ms }) => ms).sort((a, b) => a - b);
  return { tests: tests.length, understood: understood.length, known: known.length,
    agree: known.filter((test) => test.known === test.verdict).length, medianMs: times[times.length >> 1] ?? 0 };
}
