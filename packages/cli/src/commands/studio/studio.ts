/** `cowlab studio`: the pages of a program over time, in a browser. */
import { BUILD_IT, pageWith, readPage, serveStudio, type StudioDocument } from '@cowlab/studio/server';
import type { Command } from 'commander';
import { OutputFile } from '../../output/output-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { studioDocument } from './studio-document.ts';
import type { StudioFlags } from './studio-flags.ts';

export function addStudio(program: Command, io: Io, ends: Ends): void {
  program.command('studio')
    .summary('see the pages, in a browser')
    .description('Show a scenario, a race, a kept log or a recording in a web page in which the model itself runs.')
    .argument('[what...]', 'a .cow or .race file, logs that cowlab run --log wrote, or a recording')
    .option('--policies <lanes>', 'the lanes (default: those that the file names)')
    .option('--replay <schedule>', 'of a race: the order to show')
    .option('--out <file>', 'write one HTML file that needs no network')
    .option('--force', 'replace the file if it is there')
    .option('--port <n>', 'the port on 127.0.0.1 (default: any)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Without --out it serves the page until it is interrupted: on 127.0.0.1
alone, under an address that nobody can guess, and nothing else. What is
shown stays in the browser; nothing is sent anywhere.

Example:
  $ cowlab studio examples/rdma.cow
  $ cowlab studio examples/recordings/uring-fork --out report.html
  $ cowlab studio merged-5.9`)
    .action(async (what: readonly string[], flags: StudioFlags) => ends(await studio(what, flags, io)));
}

async function studio(what: readonly string[], flags: StudioFlags, io: Io): Promise<ExitCode> {
  const file = flags.out === undefined ? null : OutputFile.at(io, flags.out, { force: flags.force });
  const port = portOf(flags.port);
  const page = readPage();
  if (page === null) throw new UsageError(`the page of the studio is not built; build it: ${BUILD_IT}`);
  const document = what.length === 0 ? null : await studioDocument(what, flags, io);
  const html = pageWith(page, document);
  if (file === null) return serve(html, port, document, flags, io);
  file.write(html);
  const bytes = Buffer.byteLength(html);
  io.stdout.write(flags.json === true
    ? `${
      JSON.stringify({ kind: 'studio', shows: document?.kind ?? null, out: flags.out, url: null, bytes }, null, 2)
    }\n`
    : `${flags.out}: one page of ${Math.ceil(bytes / 1024)} KB, to be opened in any browser\n`);
  return EXIT.holds;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new UsageError(`--port ${text} is no port; give 0 to 65535`);
  return port;
}

/** Until somebody has seen enough. */
async function serve(
  html: string,
  port: number,
  document: StudioDocument | null,
  { json }: StudioFlags,
  io: Io,
): Promise<ExitCode> {
  const serving = await serveStudio(html, port).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`port ${port} of 127.0.0.1 cannot be had (${cause.code ?? cause.message}); leave out --port`);
  });
  io.stdout.write(json === true
    ? `${
      JSON.stringify({ kind: 'studio', shows: document?.kind ?? null, out: null, url: serving.url,
        bytes: Buffer.byteLength(html) }, null, 2)
    }\n`
    : `${serving.url}\n\nOpen it in a browser; Ctrl+C ends it.\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await serving.close();
  return EXIT.holds;
}
