/** `cowlab demo`: what `npm start` shows. One real program, three kernels' answers, and where to go from here. */
import { compareTrace, type TraceComparison } from '@cowlab/experiments/compare';
import { examplePath, findInput, openCatalogue } from '@cowlab/composition/node';
import { readRecording } from '@cowlab/experiments/node';
import { resolveLanes } from '@cowlab/composition';
import type { Command } from 'commander';
import { type Ends, EXIT, type Io, progress, UsageError } from '../../terminal/io.ts';
import { count, paragraph } from '@cowlab/prose';
import { bufferLines, costLines, fates, holes } from '../compare/trace-text.ts';

const RECORDING = 'recordings/uring-fork';
const LANES = 'naive-COW=linux-5.7,dontfork=linux-5.7+madv-dontfork:pins=true,early-COW=linux-5.9';

export function addDemo(program: Command, io: Io, ends: Ends): void {
  program.command('demo')
    .summary('one real program, three kernels')
    .description('Show what three kernels make of a recorded program that forks with registered buffers.')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Example:
  $ cowlab demo`)
    .action(async ({ json }: { json?: boolean }) => {
      const input = findInput(examplePath(RECORDING), io.cwd);
      if (input.kind !== 'recording')
        throw new UsageError(`examples/${RECORDING} is not a recording; install cowlab again`);
      const lanes = await resolveLanes(LANES, await openCatalogue({ cwd: io.cwd }));
      const watch = progress(io);
      const comparison = compareTrace(readRecording(input.files), lanes, (lane) => watch.say(`running ${lane} ...`));
      watch.done();
      io.stdout.write(
        `${(json === true ? [JSON.stringify(comparison, null, 2)] : demoText(comparison)).join('\n')}\n`,
      );
      ends(EXIT.holds);
    });
}

function demoText(comparison: TraceComparison): string[] {
  const { lanes } = comparison;
  return [
    ...paragraph(sentence(comparison)),
    '',
    ...paragraph(
      'A lane is this program on one kernel: naive-COW is Linux 5.7; dontfork is the same with MADV_DONTFORK on '
        + 'every registered range, as libibverbs does it; early-COW is Linux 5.9, which copies pinned pages during fork(). A '
        + 'lane loses a page when the device goes on with it and the program no longer sees it. The program was recorded on '
        + '6.18.',
    ),
    ...bufferLines(lanes),
    '',
    ...costLines(lanes),
    '',
    'Next:',
    `  cowlab compare examples/${RECORDING}`,
    '      the same program in detail, under any lanes: --policies LANES',
    '  cowlab run examples/rdma.cow --steps',
    '      the breakage in nine steps, with every event',
    '  cowlab policies',
    '      what lanes are made of; cowlab --help for the rest',
  ];
}

/** What somebody with such a program needs to know, before any table. */
function sentence({ lanes: [naive, dontfork, early], registrations }: TraceComparison): string {
  const pages = registrations.reduce((sum, { nrPages }) => sum + nrPages, 0);
  const [first, second, third] = [naive, dontfork, early].map(fates);
  const open = first.depends === 0 ? '' : ` (and perhaps ${count(first.depends, 'more')})`;
  const died = dontfork.registered.holeAccesses.length;
  const touched = died === 0
    ? 'that it does not touch here'
    : `and ${count(died, 'access', 'accesses')} of the child there end in SIGSEGV`;
  const spared = holes(early) === holes(naive) ? 'leaves no new hole and' : 'leaves other holes and';
  return `This program forks while io_uring holds ${
    count(pages, 'page')
  } of its memory. Naive COW makes it lose ${first.loses} of them${open}: `
    + `the device goes on with the old page and the program looks at a copy. MADV_DONTFORK on the registered `
    + `ranges loses ${second.loses}, `
    + `but leaves ${count(holes(dontfork) - holes(naive), 'more hole')} in the child, ${touched}. `
    + `Early COW loses ${third.loses}, ${spared} copies ${count(early.costs.pagesCopiedAtFork, 'page')} during fork().`;
}
