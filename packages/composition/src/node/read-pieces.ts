/** Files in pieces, unpacked on the way: a recording may be larger than a text, and than memory. */
import { closeSync, createReadStream, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import * as zlib from 'node:zlib';
import { withFile } from './read-text.ts';
import { isGzip, isPacked, isZstd, TORN_GZIP, unpacked, zstdStream } from './unpack.ts';
import { CompositionError, reasonOf } from '../composition-error.ts';

const PIECE = 1 << 18;
/** What is unpacked as a whole must fit into one piece of memory. */
const UNPACKED_MAX = 2 ** 31 - 1;

/**
 * The bytes of a recording: what a recorder wrote before it was killed counts. `-` is what comes in over a pipe.
 * @throws CompositionError
 */
export async function* readPieces(path: string, name = basename(path)): AsyncGenerator<Uint8Array, void, undefined> {
  if (path !== '-') withFile(path, name, () => undefined);
  const source: AsyncIterable<Uint8Array> = path === '-'
    ? process.stdin
    : createReadStream(path, { highWaterMark: PIECE });
  try {
    const bytes = source[Symbol.asyncIterator]();
    const first = await bytes.next();
    if (first.done === true) return;
    const all = again(first.value, bytes);
    if (isGzip(first.value)) yield* gunzipped(all);
    else if (isZstd(first.value)) yield* unzstd(all);
    else yield* all;
  } catch (cause) {
    throw cause instanceof CompositionError
      ? cause
      : new CompositionError(name, `cannot be read (${reasonOf(cause)})`, 'check the path, or copy the file again', {
        cause,
      });
  }
}

/** The same without waiting; what is packed is unpacked as a whole. @throws CompositionError */
export function* readPiecesNow(path: string, name = basename(path)): Generator<Uint8Array, void, undefined> {
  const fd = withFile(path, name, (it) => it, false);
  try {
    for (let at = 0;;) {
      const piece = new Uint8Array(PIECE);
      const nr = readSync(fd, piece, 0, piece.length, at);
      if (nr === 0) return;
      if (at === 0 && isPacked(piece)) {
        return yield unpacked(readFileSync(path), { bytesMax: UNPACKED_MAX, torn: 'kept' });
      }
      yield piece.subarray(0, nr);
      at += nr;
    }
  } finally {
    closeSync(fd);
  }
}

async function* again(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const unzip = zlib.createGunzip();
  const out: Uint8Array[] = [];
  let error: NodeJS.ErrnoException | null = null;
  unzip.on('data', (piece: Uint8Array) => out.push(piece)).on('error', (cause) => error = cause);
  const done = new Promise<void>((ended) => unzip.on('close', () => ended()));
  let last = 0;
  for await (const piece of source) {
    await Promise.race([new Promise((written) => unzip.write(piece, written)), done]);
    last = out.at(-1)?.at(-1) ?? last;
    yield* out.splice(0);
    if (error !== null) break;
  }
  unzip.end();
  await done;
  last = out.at(-1)?.at(-1) ?? last;
  yield* out;
  if (error === null) return;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'Z_BUF_ERROR') throw new Error(code, { cause: error });
  // Without a line end the last line counts as torn, as it is.
  if (last === 0x0a) yield TORN_GZIP;
}

async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const out: Uint8Array[] = [];
  const unpack = zstdStream((piece) => out.push(piece));
  for await (const piece of source) {
    unpack.push(piece, false);
    yield* out.splice(0);
  }
  unpack.push(new Uint8Array(0), true);
  yield* out;
}
