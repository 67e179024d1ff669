/** Chunks that anybody can foretell: what belongs at a version of a stream follows from its name and the version. */

import type { Chunk, Journal, Stored } from '../journal.ts';

const PAD_MAX = 3000;

export function chunkOf(stream: string, version: number): Chunk {
  const nr = 1 + (version % 3);
  const pad = (version * 7919) % PAD_MAX;
  return { nr, bytes: Buffer.from(`${stream} ${version} ${'.'.repeat(pad)}`, 'latin1') };
}

/** The first `count` chunks of a stream, from `version` on. */
export function chunksFrom(stream: string, version: number, count: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = version; chunks.length < count; at += chunks[chunks.length - 1].nr) chunks.push(chunkOf(stream, at));
  return chunks;
}

export const eventsIn = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { nr }) => sum + nr, 0);

/** Takes what is read and says no to anything that is not the next chunk, byte for byte. */
export class ToldReader {
  version = 0;

  constructor(private readonly stream: string) {}

  take(item: Stored): void {
    if (item.kind !== 'chunk') throw new Error(`${this.stream}: a snapshot at ${item.version} that nobody made`);
    const expected = chunkOf(this.stream, this.version);
    if (item.version !== this.version)
      throw new Error(`${this.stream}: event ${item.version} where event ${this.version} belongs`);
    if (item.nr !== expected.nr || Buffer.compare(item.bytes, expected.bytes) !== 0)
      throw new Error(`${this.stream}: other bytes at event ${item.version}`);
    this.version += item.nr;
  }
}

/** How many events the stream holds, all of them as foretold. */
export async function readTold(journal: Journal, stream: string): Promise<number> {
  const reader = new ToldReader(stream);
  for await (const item of journal.read(stream)) reader.take(item);
  return reader.version;
}
