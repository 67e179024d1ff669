/** `cowlab journal verify`: every chunk held to the sum that it was written with. */
import type { StreamCheck } from '@cowlab/journal';
import { count, paragraph } from '@cowlab/prose';
import type { Command } from 'commander';
import { openForReading } from '../../journal/open-journal.ts';
import { type Ends, EXIT, type Io, progress } from '../../terminal/io.ts';

export function addVerify(journal: Command, io: Io, ends: Ends): void {
  journal.command('verify')
    .summary('whether all is as it was written')
    .description('Read every chunk of a journal and hold it to the sum that it was written with.')
    .argument('<journal>', 'a folder, libsql:FILE or postgres://...')
    .argument('[prefix]', 'only streams whose names begin with it')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Damage is told by stream, event and place, with what can be done; behind it
the looking goes on. A write that was cut off is no damage: it was never
acknowledged.

Exit code 1 when something is damaged.

Example:
  $ cowlab journal verify runs`)
    .action(async (address: string, prefix: string | undefined, { json }: { readonly json?: boolean }) => {
      const opened = await openForReading(address, io);
      const watch = progress(io);
      const checks: StreamCheck[] = [];
      try {
        for await (const check of opened.verify(prefix ?? '')) {
          checks.push(check);
          watch.say(`${count(checks.length, 'stream')}: ${check.stream} ...`);
        }
      } finally {
        watch.done();
        await opened.close();
      }
      const nr = checks.reduce((sum, { damages }) => sum + damages.length, 0);
      io.stdout.write(json === true
        ? `${JSON.stringify({ kind: 'journal-verify', journal: address, streams: checks, damages: nr }, null, 2)}\n`
        : `${text(checks, nr).join('\n')}\n`);
      ends(nr > 0 ? EXIT.finding : EXIT.holds);
    });
}

function text(checks: readonly StreamCheck[], nr: number): string[] {
  const sum = (of: (check: StreamCheck) => number): number => checks.reduce((all, check) => all + of(check), 0);
  return [
    ...checks.flatMap(({ stream, damages }) =>
      damages.flatMap(({ version, where, what, mend }) => [
        ...paragraph(`event ${version}: ${what}`, `${stream}  `, 2),
        ...paragraph(where, '  at    ', 8),
        ...paragraph(mend, '  mend  ', 8),
      ])
    ),
    ...paragraph(
      `${count(checks.length, 'stream')}, ${count(sum(({ chunks }) => chunks), 'chunk')}, ${
        count(sum(({ snapshots }) => snapshots), 'snapshot')
      }, ${count(sum(({ bytes }) => bytes), 'byte')}: ${
        nr === 0 ? 'all as they were written.' : `${count(nr, 'place')} damaged.`
      }`,
    ),
  ];
}
