/** `cowlab explain`: what a word of the laboratory means. */
import { nearestWord, paragraph } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import { entriesFor, entriesOf, type Entry, type EntryKind } from './entries.ts';

export function addExplain(program: Command, io: Io, ends: Ends): void {
  program.command('explain')
    .summary('what a word means')
    .description('Explain a hazard, a policy, a kernel, an errno or a word.')
    .argument('[word...]', 'H1, early-cow, linux-5.18, coherent, EFAULT, lane; without one: all that there are')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Example:
  $ cowlab explain H1
  $ cowlab explain early copy`)
    .action(async (words: readonly string[], { json }: { json?: boolean }) => {
      const { catalogue } = await openHere(io);
      const entries = entriesOf(catalogue);
      const found = words.length === 0 ? entries : asked(words.join(' '), entries);
      const lines = json === true
        ? [JSON.stringify({ kind: 'explain', entries: found }, null, 2)]
        : words.length === 0
        ? listText(entries)
        : found.flatMap((entry, at) => [...(at === 0 ? [] : ['']), ...entryText(entry)]);
      io.stdout.write(`${lines.join('\n')}\n`);
      ends(EXIT.holds);
    });
}

function asked(word: string, entries: readonly Entry[]): readonly Entry[] {
  const found = entriesFor(word, entries);
  if (found.length > 0) return found;
  const near = nearestWord(word, entries.flatMap(({ name, also }) => [name, ...also]));
  throw new UsageError(
    `nothing is known of '${word}'; ${
      near === null ? 'cowlab explain without a word lists what there is' : `did you mean '${near}'?`
    }`,
  );
}

function entryText({ kind, name, also, text, facts, see, command }: Entry): string[] {
  return [
    `${name} (${kind}${also.length === 0 ? '' : `; also ${also.join(', ')}`})`,
    ...paragraph(text, '  '),
    ...Object.entries(facts).flatMap(([label, fact]) => paragraph(fact, `  ${label.padEnd(9)} `)),
    ...(see.length === 0 ? [] : paragraph(see.join(', '), '  see       ')),
    ...(command === null ? [] : [`  try       ${command}`]),
  ];
}

const KINDS: Readonly<Record<EntryKind, string>> = { word: 'Words', hazard: 'Hazards', policy: 'Policies',
  kernel: 'Kernels', error: 'Errors', measure: 'Measures' };

function listText(entries: readonly Entry[]): string[] {
  return Object.entries(KINDS).flatMap((
    [kind, title],
    at,
  ) => [...(at === 0 ? [] : ['']),
    ...paragraph(entries.filter((entry) => entry.kind === kind).map(({ name }) => name).join(', '),
      `${title.padEnd(10)}`)]
  );
}
