/** Texts on their way into files: gathered to pieces that are worth a system call, and files put where they belong. */
import { fchmodSync, fsyncSync, linkSync, lstatSync, renameSync, writeSync } from 'node:fs';

const PIECE = 1 << 20;

/** In one piece or in several: a text may be longer than the engine's longest string. */
export function writePieces(fd: number, text: string | Uint8Array | Iterable<string>): void {
  if (text instanceof Uint8Array) return writeBytes(fd, text);
  if (typeof text === 'string') return writeWhole(fd, text);
  let gathered: string[] = [];
  let length = 0;
  for (const piece of text) {
    gathered.push(piece);
    length += piece.length;
    if (length < PIECE) continue;
    writeWhole(fd, gathered.join(''));
    gathered = [];
    length = 0;
  }
  writeWhole(fd, gathered.join(''));
}

const writeWhole = (fd: number, text: string): void => writeBytes(fd, Buffer.from(text));

function writeBytes(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** What was written into `aside` takes its place, with the mode of what it replaces. */
export function putInPlace(fd: number, aside: string, path: string, force: boolean): void {
  const old = lstatSync(path, { throwIfNoEntry: false });
  if (old?.isFile() === true) fchmodSync(fd, old.mode & 0o777);
  fsyncSync(fd);
  if (force) renameSync(aside, path);
  else placeNew(aside, path);
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
