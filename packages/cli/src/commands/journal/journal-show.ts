/** `cowlab journal show`: one stream, what it comes to, and what comes to it while it is written. */
import { projectLive, streamState } from '@cowlab/journal';
import type { Command } from 'commander';
import { findStream } from '../../journal/find-stream.ts';
import { openForReading } from '../../journal/open-journal.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { Shown, type Wanted } from './shown.ts';
import { headText, newsText, shownData, shownText } from './show-text.ts';

interface ShowFlags {
  readonly costs?: boolean;
  readonly hazards?: boolean;
  readonly page?: string;
  readonly mm?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function addShow(journal: Command, io: Io, ends: Ends): void {
  journal.command('show')
    .summary('one stream, also while it grows')
    .description('What a stream holds: of a run its steps and what they come to, of other work its results.')
    .argument('<journal>', 'a folder, libsql:FILE or postgres://...')
    .argument('<stream>', 'its name, or enough of its beginning (of several runs: the newest)')
    .option('--costs', 'of a run: what it cost')
    .option('--hazards', 'of a run: the hazards it met')
    .option('--page <vpn>', 'of a run: what became of the entry for this page')
    .option('--mm <n>', 'of which address space (default: 0)')
    .option('--follow', 'go on while it is written, until it is whole')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
With --follow steps are told as another process writes them, and costs,
hazards and the history of a page as they change.

Example:
  $ cowlab journal show runs rdma/linux-5.9 --costs --hazards`)
    .action(async (address: string, name: string, flags: ShowFlags) => {
      const wanted: Wanted = { costs: flags.costs === true, hazards: flags.hazards === true, page: pageOf(flags) };
      const opened = await openForReading(address, io);
      try {
        const summary = await findStream(opened, name, address);
        const shown = new Shown(`${address}: ${summary.stream}`, wanted);
        const told = { address, summary, ...await streamState(opened, summary) };
        if (flags.follow === true) {
          if (flags.json !== true) io.stdout.write(`${headText(told).join('\n')}\n`);
          const ending = new AbortController();
          for await (const { state } of projectLive(opened, summary.stream, shown, ending.signal)) {
            for (const line of flags.json === true ? state.news().map((one) => JSON.stringify(one)) : newsText(state))
              io.stdout.write(`${line}\n`);
            if (state.isWhole) ending.abort();
          }
        } else {
          for await (const item of opened.read(summary.stream)) shown.take(item);
          io.stdout.write(flags.json === true
            ? `${JSON.stringify(shownData(told, shown), null, 2)}\n`
            : `${shownText(told, shown).join('\n')}\n`);
        }
      } finally {
        await opened.close();
      }
      ends(EXIT.holds);
    });
}

function pageOf({ page, mm }: ShowFlags): Wanted['page'] {
  if (page === undefined) {
    if (mm !== undefined) throw new UsageError('--mm says whose page; add --page VPN');
    return null;
  }
  const number = (flag: string, text: string): number => {
    const value = /^(0x[0-9a-f]{1,12}|\d{1,15})$/i.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value)) throw new UsageError(`${flag} ${text} is no number; write 65536 or 0x10000`);
    return value;
  };
  return { vpn: number('--page', page), mm: number('--mm', mm ?? '0') };
}
