/** `cowlab journal ls`: the streams of a journal, and which of them are whole. */
import { streamState, type StreamState, type StreamSummary } from '@cowlab/journal';
import { count, table } from '@cowlab/prose';
import type { Command } from 'commander';
import { openForReading } from '../../journal/open-journal.ts';
import { type Ends, EXIT, type Io } from '../../terminal/io.ts';
import { stateText } from './state-text.ts';

type Listed = StreamSummary & StreamState;

export function addLs(journal: Command, io: Io, ends: Ends): void {
  journal.command('ls')
    .summary('its streams')
    .description('The streams of a journal: experiment/lane/run, how many events, and whether that is all.')
    .argument('<journal>', 'a folder, libsql:FILE or postgres://...')
    .argument('[prefix]', 'only those whose names begin with it')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
A stream is partial when the run that wrote it was cut: what it told until
then is there. It is open while a process writes it (of a database nobody
can tell: there it is partial until it is whole).

Example:
  $ cowlab journal ls runs rdma/`)
    .action(async (address: string, prefix: string | undefined, { json }: { readonly json?: boolean }) => {
      const opened = await openForReading(address, io);
      const streams: Listed[] = [];
      try {
        for (const summary of await opened.list(prefix ?? ''))
          streams.push({ ...summary, ...await streamState(opened, summary) });
      } finally {
        await opened.close();
      }
      io.stdout.write(json === true
        ? `${JSON.stringify({ kind: 'journal-ls', journal: address, streams }, null, 2)}\n`
        : `${text(streams, address).join('\n')}\n`);
      ends(EXIT.holds);
    });
}

function text(streams: readonly Listed[], address: string): string[] {
  if (streams.length === 0) return [`${address} has no such stream.`];
  return [
    ...table(['stream', 'events', 'holds', 'state'], streams.map((
      { stream, version, holds, state, writer },
    ) => [stream, String(version), holds, stateText(state, writer)]), ['left', 'right']),
    '',
    `${count(streams.length, 'stream')}, ${streams.filter(({ state }) => state === 'partial').length} partial.`,
  ];
}
