/** What keeps a journal in order: dropping what nobody needs, and looking whether all is as it was written. */

import type { Journal, StreamCheck } from '../journal.ts';
import { accepted, claim, inPlace, refused, same } from './claims.ts';
import type { Law } from './law.ts';
import { chunksFrom, eventsIn, readTold } from './told-chunks.ts';

const A = 'night/linux-6.1/1';
const B = 'night/linux-6.1/2';

export async function checks(journal: Journal, prefix?: string): Promise<StreamCheck[]> {
  const all: StreamCheck[] = [];
  for await (const check of journal.verify(prefix)) all.push(check);
  return all;
}

async function begun(journal: Journal, stream: string, appends: number): Promise<void> {
  for (let i = 0, at = 0; i < appends; i++) {
    const chunks = chunksFrom(stream, at, 1);
    accepted(await journal.append(stream, chunks, at), at + eventsIn(chunks));
    at += eventsIn(chunks);
  }
}

export const lawsOfUpkeep: readonly Law[] = [
  {
    title: 'a stream that is dropped is gone, for all who look, and may be begun anew; the others are as they were',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        same(await journal.drop(A), false, 'of what was never there');
        await begun(journal, A, 7);
        await begun(journal, B, 3);
        await journal.snapshot(A, 1, Buffer.from('one'));
        same(await journal.drop(A), true, 'of what is there');
        const other = await place.open();
        for (const handle of [journal, other]) {
          same((await handle.list()).map(({ stream }) => stream), [B], 'streams');
          same(await readTold(handle, A), 0, 'events of it');
          for await (const item of handle.read(A, 'snapshot')) throw new Error(`a ${item.kind} of it is left`);
          same(await readTold(handle, B), eventsIn(chunksFrom(B, 0, 3)), 'events of the other');
        }
        same(await other.drop(A), false, 'twice');
        await begun(journal, A, 2);
        same(await readTold(other, A), eventsIn(chunksFrom(A, 0, 2)), 'events of the one that was begun anew');
        await refused(() => journal.drop('../a/b'), ['bad-name'], 'a name that leads out');
        if (!place.manyWriters) await refused(() => other.drop(A), ['locked'], 'while another one writes it');
        await other.close();
        return 'dropped once, begun twice';
      }),
  },
  {
    title: 'a journal that is as it was written is found so, chunk by chunk',
    run: (store) =>
      inPlace(store, async (journal) => {
        same(await checks(journal), [], 'an empty one');
        const chunks = chunksFrom(A, 0, 9);
        await begun(journal, A, 9);
        await begun(journal, B, 4);
        const [a, b, ...more] = await checks(journal);
        same([a, b].map(({ stream, version, chunks: nr, damages }) => [stream, version, nr, damages]), [[A,
          eventsIn(chunks), 9, []], [B, eventsIn(chunksFrom(B, 0, 4)), 4, []]], 'what is told');
        same(a.bytes, chunks.reduce((sum, { bytes }) => sum + bytes.length, 0), 'bytes');
        same(more, [], 'more streams');
        same((await checks(journal, B)).map(({ stream }) => stream), [B], 'by its name');
        await journal.snapshot(A, eventsIn(chunks), Buffer.from('all'), { compact: true });
        const [compact] = await checks(journal);
        same([compact.version, compact.snapshots, compact.damages], [eventsIn(chunks), 1, []], 'a compacted one');
        claim(compact.chunks < 9, 'nothing was dropped');
        return '13 chunks, one snapshot';
      }),
  },
];
