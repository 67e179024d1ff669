/** `cowlab journal export`: a stream as a file that other tools read. */
import { type Journal, readLabChunks, resultEvents, streamState, type StreamState } from '@cowlab/journal';
import { LogLines } from '@cowlab/runtime';
import { count } from '@cowlab/prose';
import type { Command } from 'commander';
import { findStream } from '../../journal/find-stream.ts';
import { openForReading } from '../../journal/open-journal.ts';
import { PART } from '../../output/growing-file.ts';
import { OutputFile } from '../../output/output-file.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';

interface ExportFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addExport(journal: Command, io: Io, ends: Ends): void {
  journal.command('export')
    .summary('a stream as a file')
    .description('Write a stream as a file: a log for cowlab replay, or results as JSON lines.')
    .argument('<journal>', 'a folder, libsql:FILE or postgres://...')
    .argument('<stream>', 'its name, or enough of its beginning')
    .requiredOption('--out <file>', 'where it goes')
    .option('--force', 'overwrite that file')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
The log of a run that was cut has no end: give it a name in .part, as run
--log leaves it, and cowlab replay reads it as far as it goes.

Example:
  $ cowlab journal export runs rdma/linux-5.9 --out kept.log
  $ cowlab replay rdma.log`)
    .action(async (address: string, name: string, flags: ExportFlags) => {
      const opened = await openForReading(address, io);
      try {
        const summary = await findStream(opened, name, address);
        const { stream } = summary;
        const { holds, state } = await streamState(opened, summary);
        checkName(stream, flags.out, holds, state);
        const file = OutputFile.at(io, flags.out, { force: flags.force, name: `--out ${flags.out}` }).grow();
        for await (const line of holds === 'log' ? logLines(opened, stream) : resultLines(opened, stream))
          file.append([line]);
        file.finish([]);
        io.stdout.write(flags.json === true
          ? `${
            JSON.stringify({ kind: 'journal-export', journal: address, stream, file: flags.out, holds, state,
              events: summary.version }, null, 2)
          }\n`
          : `${flags.out}: ${count(summary.version, 'event')} of ${stream}${state === 'whole' ? '' : ', partial'}\n`);
      } finally {
        await opened.close();
      }
      ends(EXIT.holds);
    });
}

function checkName(stream: string, out: string, holds: StreamState['holds'], state: StreamState['state']): void {
  if (holds === 'other')
    throw new UsageError(`${stream} holds what another program packed; read it with that`);
  if (holds === 'log' && state !== 'whole' && !out.endsWith(PART))
    throw new UsageError(
      `${stream} has no end, the run was cut or goes on; give a name in ${PART}: --out ${out}${PART}`,
    );
}

async function* logLines(journal: Journal, stream: string): AsyncGenerator<string, void, undefined> {
  const lines = new LogLines();
  let hasBegun = false;
  for await (const chunk of readLabChunks(journal, stream)) {
    if (!hasBegun) yield lines.head(chunk.head);
    hasBegun = true;
    if (chunk.kind === 'end') yield lines.end(chunk.hash);
    else for (const entry of chunk.entries) yield lines.entry(entry);
  }
}

async function* resultLines(journal: Journal, stream: string): AsyncGenerator<string, void, undefined> {
  for await (const event of resultEvents(journal, stream)) yield `${JSON.stringify(event)}\n`;
}
