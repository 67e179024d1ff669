/** A trail as a file for other programs. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { mermaid, perfetto, type Trail } from '@cowlab/checker';
import { type Io, UsageError } from '../../terminal/io.ts';

interface FileFlags {
  readonly mermaid?: string;
  readonly perfetto?: string;
  readonly force?: boolean;
}

/** `trail` null: nothing is broken, so there is nothing to draw, and that is said. */
export function writeTrail(trail: Trail | null, flags: FileFlags, io: Io): void {
  for (const [flag, file] of [['--mermaid', flags.mermaid], ['--perfetto', flags.perfetto]] as const) {
    if (file === undefined) continue;
    if (trail === null) {
      io.stderr.write(`cowlab: nothing is broken, so ${file} is not written\n`);
      continue;
    }
    const text = flag === '--mermaid' ? mermaid(trail) : `${JSON.stringify(perfetto(trail))}\n`;
    write(file, text, flags.force === true, io);
  }
}

function write(file: string, text: string, force: boolean, io: Io): void {
  try {
    writeFileSync(resolve(io.cwd, file), text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'EEXIST'
        ? `${file} is there already; choose another name, or --force to overwrite it`
        : `${file} cannot be written (${message}); choose another place`,
      { cause },
    );
  }
}
