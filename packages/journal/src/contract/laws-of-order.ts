/** What is appended, where, and in which order it comes back. */

import type { Chunk, Journal } from '../journal.ts';
import { accepted, claim, inPlace, refused, same } from './claims.ts';
import type { Law } from './law.ts';
import { chunksFrom, eventsIn, readTold } from './told-chunks.ts';

const S = 'night/linux-6.1/1';

async function versions(journal: Journal, stream: string, from: number | 'snapshot'): Promise<string[]> {
  const seen: string[] = [];
  for await (const item of journal.read(stream, from)) seen.push(`${item.kind} ${item.version}`);
  return seen;
}

export const lawsOfOrder: readonly Law[] = [
  {
    title: 'an append at another version than the stream has changes nothing and says which one it has',
    run: (store) =>
      inPlace(store, async (journal) => {
        accepted(await journal.append(S, chunksFrom(S, 0, 4), 0), 6);
        for (const expected of [1, 3, 5, 7, 1000]) {
          const result = await journal.append(S, [{ nr: 1, bytes: Buffer.from('other') }], expected);
          claim(!result.ok && result.code === 'version-conflict' && result.version === 6 && result.hint !== '',
            `at ${expected}: ${JSON.stringify(result)}`);
        }
        same(await readTold(journal, S), 6, 'events');
        // Of two at the same version one wins.
        const two = await Promise.all(
          ['a', 'b'].map((text) => journal.append(S, [{ nr: 1, bytes: Buffer.from(text) }], 6)),
        );
        same(two.filter(({ ok }) => ok).length, 1, 'winners');
        return '6 conflicts';
      }),
  },
  {
    title: 'the same append twice is one append',
    run: (store) =>
      inPlace(store, async (journal) => {
        const first = chunksFrom(S, 0, 4);
        accepted(await journal.append(S, first, 0), eventsIn(first));
        accepted(await journal.append(S, chunksFrom(S, eventsIn(first), 2), eventsIn(first)),
          eventsIn(chunksFrom(S, 0, 6)));
        const again = await journal.append(S, first, 0);
        same(again, { ok: true, version: eventsIn(first), repeated: true }, 'repeated');
        const twice = await Promise.all([0, 1].map(() => journal.append('night/linux-6.1/2', first, 0)));
        same(twice.map(({ ok }) => ok), [true, true], 'asked for at once');
        const other = await journal.append(S, [first[0], { nr: first[1].nr, bytes: Buffer.from('x') }], 0);
        claim(!other.ok, 'other bytes are taken for the same append');
        const counted = await journal.append(S, [{ nr: 2, bytes: first[0].bytes }], 0);
        claim(!counted.ok, 'another count of events is taken for the same append');
        same(await readTold(journal, S), eventsIn(chunksFrom(S, 0, 6)), 'events');
        return 'repeated once in a row and once at the same time';
      }),
  },
  {
    title: 'chunks come back in order and byte for byte, from the one that holds the wanted event on',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        same(await versions(journal, S, 0), [], 'an unknown stream');
        const odd: Chunk[] = [{ nr: 1, bytes: new Uint8Array(0) }, { nr: 5,
          bytes: Uint8Array.from({ length: 256 }, (_, i) => i) }, { nr: 2 ** 31,
          bytes: Buffer.alloc(3 * 1024 * 1024, 7) }, { nr: 1, bytes: Buffer.alloc(2048) }];
        let version = 0;
        const at: string[] = [];
        for (const chunk of odd) {
          at.push(`chunk ${version}`);
          accepted(await journal.append(S, [chunk], version), version + chunk.nr);
          version += chunk.nr;
        }
        for (const handle of [journal, await place.open()]) {
          for (const [from, skipped] of [[0, 0], [1, 1], [5, 1], [6, 2], [2 ** 31 + 5, 2], [2 ** 31 + 6, 3], [version,
            4], [version + 9, 4]])
          {
            same(await versions(handle, S, from), at.slice(skipped), `from ${from}`);
          }
          let i = 0;
          for await (const item of handle.read(S)) claim(Buffer.compare(item.bytes, odd[i++].bytes) === 0,
              `bytes of chunk ${i}`);
          if (handle !== journal) await handle.close();
        }
        return `${odd.length} chunks, up to 3 MiB`;
      }),
  },
  {
    title: 'an append of several chunks is there as a whole, and a bad one not at all',
    run: (store) =>
      inPlace(store, async (journal) => {
        await refused(() => journal.append(S, [], 0), ['bad-append'], 'no chunk');
        for (const nr of [0, -1, 1.5, NaN])
          await refused(() => journal.append(S, [...chunksFrom(S, 0, 2), { nr, bytes: Buffer.from('x') }], 0), [
            'bad-append',
          ], `${nr} events`);
        for (const expected of [-1, 0.5, NaN])
          await refused(() => journal.append(S, chunksFrom(S, 0, 1), expected), [
            'bad-append',
          ], `version ${expected}`);
        same(await versions(journal, S, 0), [], 'after refusals');
        same(await journal.list(), [], 'streams after refusals');
        const many = chunksFrom(S, 0, 300);
        accepted(await journal.append(S, many, 0), eventsIn(many));
        same(await readTold(journal, S), eventsIn(many), 'events');
        return '300 chunks in one append';
      }),
  },
  {
    title: 'streams keep apart and are listed by how their names begin',
    run: (store) =>
      inPlace(store, async (journal) => {
        const streams = ['a_/x/1', 'aB/x/1', 'a_/x/10', 'a_/x%/1', 'b/linux-5.9+early-cow:everyNth=3/r@2,1'].sort();
        await Promise.all(streams.map((stream, i) => journal.append(stream, chunksFrom(stream, 0, i + 1), 0)));
        for (const stream of streams) await readTold(journal, stream);
        const listed = async (prefix: string): Promise<string[]> =>
          (await journal.list(prefix)).map(({ stream }) => stream);
        same(await listed(''), streams, 'all');
        same(await listed('a_'), streams.filter((stream) => stream.startsWith('a_')), 'a_');
        same(await listed('a_/x/1'), ['a_/x/1', 'a_/x/10'], 'a_/x/1');
        same(await listed('%'), [], '%');
        for (const { stream, version } of await journal.list()) same(version,
            eventsIn(chunksFrom(stream, 0, streams.indexOf(stream) + 1)), stream);
        return `${streams.length} streams`;
      }),
  },
  {
    title: 'a name that would lead out of the journal is refused',
    run: (store) =>
      inPlace(store, async (journal) => {
        const names = ['', 'a', 'a/b', 'a/b/c/d', '/a/b/c', 'a//c', '../a/b', 'a/../b', 'a/./c', 'a/b/..', '.a/b/c',
          'a/b/c\0', 'a/b/c\n', 'a\\b/c/d', `a/b/${'c'.repeat(200)}`, '~/b/c'];
        for (const name of names) {
          await refused(() => journal.append(name, chunksFrom(S, 0, 1), 0), ['bad-name'], JSON.stringify(name));
          await refused(() => versions(journal, name, 0), ['bad-name'], JSON.stringify(name));
        }
        same(await journal.list(), [], 'streams');
        return `${names.length} names`;
      }),
  },
  {
    title: 'a snapshot stands for what was dropped, and the stream goes on behind it',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        const chunks = chunksFrom(S, 0, 9);
        const end = eventsIn(chunks);
        for (let i = 0, at = 0; i < chunks.length; at += chunks[i++].nr)
          accepted(
            await journal.append(S, [chunks[i]], at),
            at + chunks[i].nr,
          );
        await refused(() => journal.snapshot(S, end + 1, Buffer.from('later')), ['bad-append'],
          'a snapshot of what is not there');
        await journal.snapshot(S, 6, Buffer.from('six'));
        same((await versions(journal, S, 0)).length, 9, 'everything is still there');
        same((await versions(journal, S, 'snapshot')).slice(0, 2), ['snapshot 6', 'chunk 6'], 'from the snapshot');
        await journal.snapshot(S, end, Buffer.from('all'), { compact: true });
        const reader = await place.open();
        for (const handle of [journal, reader]) {
          same(await versions(handle, S, 0), [`snapshot ${end}`], 'what was dropped');
          same(await versions(handle, S, end), [], 'at the end');
        }
        accepted(await journal.append(S, chunksFrom(S, end, 2), end), end + eventsIn(chunksFrom(S, end, 2)));
        for (const handle of [journal, reader]) {
          same((await versions(handle, S, 0)).slice(0, 2), [`snapshot ${end}`, `chunk ${end}`], 'behind it');
          same((await versions(handle, S, 'snapshot')).length, 3, 'from the snapshot');
          for await (const item of handle.read(S, 'snapshot')) {
            same(Buffer.from(item.bytes).toString(), 'all', 'its bytes');
            break;
          }
        }
        await reader.close();
        return 'compacted once';
      }),
  },
  {
    title: 'a journal that is closed says so, and what it acknowledged is there when it is opened again',
    run: async (store) => {
      const place = await store.place();
      try {
        const journal = await place.open();
        const asked = journal.append(S, chunksFrom(S, 0, 5), 0);
        await asked;
        await journal.close();
        await journal.close();
        await refused(() => journal.append(S, chunksFrom(S, 0, 1), 0), ['closed'], 'an append');
        await refused(() => versions(journal, S, 0), ['closed'], 'reading');
        const again = await place.open();
        same(await readTold(again, S), eventsIn(chunksFrom(S, 0, 5)), 'events');
        await again.close();
        return 'opened twice';
      } finally {
        await place.remove();
      }
    },
  },
];
