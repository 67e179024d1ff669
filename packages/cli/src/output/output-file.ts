/**
 * A file that a command leaves behind. It appears whole or not at all: written beside its place and then put there, so
 * neither a crash nor a full disk leaves half of it or takes the old one. Nothing but a regular file is ever replaced,
 * and that only with `--force`.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { type Io, UsageError } from '../terminal/io.ts';
import { GrowingFile } from './growing-file.ts';
import { putInPlace, writePieces } from './pieces.ts';
import { checkFile, type Place, unwritable } from './place.ts';
import { keepApart } from './same-file.ts';

export interface OutputSettings {
  /** A regular file that is there is replaced. */
  readonly force?: boolean | undefined;
  /** What complaints call it; by default as it was typed. */
  readonly name?: string;
  readonly inputs?: readonly Place[];
}

export class OutputFile {
  private constructor(readonly place: Place, private readonly force: boolean) {}

  /** @throws UsageError when it is known already that it cannot be written, or that it would take an input's place */
  static at(io: Io, file: string, { force = false, name = file, inputs = [] }: OutputSettings = {}): OutputFile {
    if (file === '') throw new UsageError(`${name.trim() || 'a file'} has no name; give it one`);
    const place = { path: resolve(io.cwd, file), name };
    keepApart(inputs, [place]);
    checkFile(place, force);
    return new OutputFile(place, force);
  }

  /** For what comes bit by bit: what is there of it outlives the process. @throws UsageError */
  grow(): GrowingFile {
    return new GrowingFile(this.place, this.force);
  }

  /** In one piece or in several: a text may be longer than the engine's longest string. @throws UsageError */
  write(text: string | Uint8Array | Iterable<string>): void {
    const { path, name } = this.place;
    // Whatever came there while the work was done.
    checkFile(this.place, this.force);
    const aside = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`);
    let made = false;
    try {
      const fd = openSync(aside, 'wx');
      made = true;
      try {
        writePieces(fd, text);
        putInPlace(fd, aside, path, this.force);
      } finally {
        closeSync(fd);
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') checkFile(this.place, this.force);
      throw unwritable(name, cause);
    } finally {
      if (made) rmSync(aside, { force: true });
    }
  }
}
