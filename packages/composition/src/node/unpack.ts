/** Unpacking what was packed by gzip or zstd, known by its first bytes. */
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

export interface UnpackLimits {
  /** Bytes of what comes out. */
  readonly bytesMax: number;
  /** A recorder that was killed leaves a torn end: what is there is still a recording. Of anything else it is damage. */
  readonly torn: 'kept' | 'refused';
}

/** Thrown when more comes out than is allowed: a small file may be a large one packed. */
export class UnpackedTooLarge extends Error {
  override readonly name = 'UnpackedTooLarge';
}

const starts = (bytes: Uint8Array, ...magic: readonly number[]): boolean =>
  magic.every((byte, at) => bytes[at] === byte);
export const isGzip = (bytes: Uint8Array): boolean => starts(bytes, 0x1f, 0x8b);
export const isZstd = (bytes: Uint8Array): boolean => starts(bytes, 0x28, 0xb5, 0x2f, 0xfd);

export const isPacked = (bytes: Uint8Array): boolean => isGzip(bytes) || isZstd(bytes);

/** @throws UnpackedTooLarge, or what the unpacker says of damage */
export function unpacked(bytes: Uint8Array, limits: UnpackLimits): Uint8Array {
  try {
    if (isGzip(bytes)) return gunzip(bytes, limits);
    return isZstd(bytes) ? unzstd(bytes, limits) : bytes;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new UnpackedTooLarge();
    throw cause;
  }
}

/** Put behind what could be unpacked of a torn file. */
export const TORN_GZIP: Uint8Array = Buffer.from('(the gzip file is torn here)');

function gunzip(bytes: Uint8Array, { bytesMax: maxOutputLength, torn }: UnpackLimits): Buffer {
  try {
    return zlib.gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    if (torn === 'refused' || (error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
    const whole = zlib.gunzipSync(bytes, { maxOutputLength, finishFlush: zlib.constants.Z_SYNC_FLUSH });
    // Without a line end the last line counts as torn, as it is.
    return whole.at(-1) === 0x0a ? Buffer.concat([whole, TORN_GZIP]) : whole;
  }
}

interface Fzstd {
  readonly Decompress: new(ondata: (chunk: Uint8Array) => void) => { push(chunk: Uint8Array, final: boolean): void };
}

/** Node knows zstd from 22.15 on. */
function unzstd(bytes: Uint8Array, { bytesMax }: UnpackLimits): Buffer {
  const own = zlib as { zstdDecompressSync?: (packed: Uint8Array, options: { maxOutputLength: number }) => Buffer };
  if (own.zstdDecompressSync !== undefined) return own.zstdDecompressSync(bytes, { maxOutputLength: bytesMax });
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = zstdStream((chunk) => {
    length += chunk.length;
    if (length > bytesMax) throw new UnpackedTooLarge();
    chunks.push(chunk);
  });
  for (let at = 0; at < bytes.length; at += PIECE)
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  return Buffer.concat(chunks);
}

/** A small package unpacks zstd piece by piece, and is loaded by those who need it. */
export function zstdStream(onData: (chunk: Uint8Array) => void): InstanceType<Fzstd['Decompress']> {
  const { Decompress } = createRequire(import.meta.url)('fzstd') as Fzstd;
  return new Decompress(onData);
}

/** Packed bytes at a time, so that a limit is met before memory is. */
const PIECE = 1 << 16;
