/** A journal may be larger than memory. */

import { claim, inPlace, same } from './claims.ts';
import type { Law } from './law.ts';

const S = 'night/linux-6.1/1';
const CHUNK_BYTES = 512 * 1024;
const EVENTS_PER_CHUNK = 1000;
const GROWTH_BYTES_MAX = 160 * 1024 * 1024;

/** What is held now, heap and buffers; what the collector can take does not count where it can be asked to. */
function held(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss();
}

export const lawsOfMemory: readonly Law[] = [
  {
    title: 'a long stream is written and read in flat memory',
    run: (store, { flatBytes, progress }) =>
      inPlace(store, async (journal) => {
        const bytes = Buffer.alloc(CHUNK_BYTES);
        for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 13;
        const before = held();
        let most = before;
        let version = 0;
        let written = 0;
        const chunks = Math.ceil(flatBytes / CHUNK_BYTES);
        for (let i = 0; i < chunks; i++) {
          bytes.writeUInt32LE(i, 0);
          const result = await journal.append(S, [{ nr: EVENTS_PER_CHUNK, bytes }], version);
          claim(result.ok, 'append');
          version = result.version;
          written += bytes.length;
          if (i % 64 === 0) most = Math.max(most, process.memoryUsage.rss());
          if (i % 2048 === 2047) progress?.(`${(written / 2 ** 30).toFixed(1)} GiB written`);
        }
        let read = 0;
        let i = 0;
        for await (const item of journal.read(S)) {
          same(Buffer.from(item.bytes.buffer, item.bytes.byteOffset, 4).readUInt32LE(0), i++, 'the number in a chunk');
          read += item.bytes.length;
          if (i % 64 === 0) most = Math.max(most, process.memoryUsage.rss());
          if (i % 2048 === 0) progress?.(`${(read / 2 ** 30).toFixed(1)} GiB read`);
        }
        same(read, written, 'bytes read back');
        const growth = most - before;
        claim(growth < GROWTH_BYTES_MAX,
          `${(growth / 2 ** 20).toFixed(0)} MiB more for ${(written / 2 ** 20).toFixed(0)} MiB`);
        return `${(written / 2 ** 20).toFixed(0)} MiB, ${version} events, memory grew by ${
          (growth / 2 ** 20).toFixed(0)
        } MiB at most`;
      }),
  },
];
