/**
 * Into one file: tar, packed by zstd where there is one (Node knows it from 22.15 on, before that the program zstd is
 * asked), else by gzip. Readers go by the first bytes, so the file bears one name either way.
 */
import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';

export interface Packed {
  readonly bytes: Buffer;
  readonly by: 'zstd' | 'gzip';
}

export function pack(tar: Uint8Array): Packed {
  const own = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };
  if (own.zstdCompressSync !== undefined) return { bytes: own.zstdCompressSync(tar), by: 'zstd' };
  const { status, stdout } = spawnSync('zstd', ['-q', '-c'], { input: tar, maxBuffer: 2 ** 31 - 1 });
  return status === 0 && stdout.length > 0
    ? { bytes: stdout, by: 'zstd' }
    : { bytes: zlib.gzipSync(tar), by: 'gzip' };
}
