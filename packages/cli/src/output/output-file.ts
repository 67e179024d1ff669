/**
 * A file that a command leaves behind. It appears whole or not at all: written beside its place and then put there, so
 * neither a crash nor a full disk leaves half of it or takes the old one. Nothing but a regular file is ever replaced,
 * and that only with `--force`.
 */
import { closeSync, fchmodSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync,
  writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { type Io, UsageError } from '../terminal/io.ts';
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

  /** In one piece or in several: a text may be longer than the engine's longest string. @throws UsageError */
  write(text: string | Iterable<string>): void {
    const { path, name } = this.place;
    // Whatever came there while the work was done.
    checkFile(this.place, this.force);
    const aside = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`);
    let made = false;
    try {
      const fd = openSync(aside, 'wx');
      made = true;
      try {
        for (const piece of pieces(text)) writeWhole(fd, piece);
        const old = lstatSync(path, { throwIfNoEntry: false });
        if (old !== undefined) fchmodSync(fd, old.mode & 0o777);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      if (this.force) renameSync(aside, path);
      else placeNew(aside, path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') checkFile(this.place, this.force);
      throw unwritable(name, cause);
    } finally {
      if (made) rmSync(aside, { force: true });
    }
  }
}

/** A link does not replace what is there; some file systems have none. */
function placeNew(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw cause;
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) renameSync(aside, path);
    else throw Object.assign(new Error('EEXIST: file already exists'), { code: 'EEXIST' });
  }
}

const PIECE = 1 << 20;

function* pieces(text: string | Iterable<string>): Generator<Buffer, void, undefined> {
  if (typeof text === 'string') return yield Buffer.from(text);
  let gathered: string[] = [];
  let length = 0;
  for (const piece of text) {
    gathered.push(piece);
    length += piece.length;
    if (length < PIECE) continue;
    yield Buffer.from(gathered.join(''));
    gathered = [];
    length = 0;
  }
  yield Buffer.from(gathered.join(''));
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
