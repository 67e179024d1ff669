/** Unpacking what was packed by gzip or zstd, known by its first bytes. */
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

const starts = (bytes: Buffer, ...magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte);

export function unpacked(bytes: Buffer): Buffer {
  if (starts(bytes, 0x1f, 0x8b)) return gunzip(bytes);
  return starts(bytes, 0x28, 0xb5, 0x2f, 0xfd) ? unzstd(bytes) : bytes;
}

/** A recorder that was killed leaves a torn end: what is there is still a recording. */
function gunzip(bytes: Buffer): Buffer {
  try {
    return zlib.gunzipSync(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
    const whole = zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    // Without a line end the last line counts as torn, as it is.
    return whole.at(-1) === 0x0a ? Buffer.concat([whole, Buffer.from('(the gzip file is torn here)')]) : whole;
  }
}

/** Node knows zstd from 22.15 on; before that a small package does, and is loaded by those who need it. */
function unzstd(bytes: Buffer): Buffer {
  const own = (zlib as { zstdDecompressSync?: (packed: Buffer) => Buffer }).zstdDecompressSync;
  if (own !== undefined) return own(bytes);
  const { decompress } = createRequire(import.meta.url)('fzstd') as { decompress: (packed: Uint8Array) => Uint8Array };
  return Buffer.from(decompress(bytes));
}
