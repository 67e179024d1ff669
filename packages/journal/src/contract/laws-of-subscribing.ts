/** What subscribers are told, and how soon. */

import type { Journal } from '../journal.ts';
import { claim, inPlace, same } from './claims.ts';
import type { Effort, Law, Place } from './law.ts';
import { chunkOf, chunksFrom, eventsIn, readTold, ToldReader } from './told-chunks.ts';

const S = 'night/linux-6.1/1';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function appendMany(journal: Journal, count: number, between: () => Promise<void>): Promise<number> {
  let version = 0;
  for (let i = 0; i < count; i++) {
    const result = await journal.append(S, [chunkOf(S, version)], version);
    claim(result.ok, `append ${i}: ${JSON.stringify(result)}`);
    version = result.version;
    await between();
  }
  return version;
}

/** Subscribes until it has `end` events, going away and coming back every few of them. */
async function follow(journal: Journal, end: () => number, leaveAfter: number): Promise<number> {
  const reader = new ToldReader(S);
  let comings = 0;
  while (reader.version < end()) {
    comings++;
    let left = leaveAfter;
    for await (const item of journal.subscribe(S, reader.version)) {
      reader.take(item);
      if (--left === 0 || reader.version >= end()) break;
    }
  }
  return comings;
}

async function writers({ appendsPerWriter }: Effort, journal: Journal, place: Place): Promise<string> {
  const handles = [journal];
  while (handles.length < 4) handles.push(place.manyWriters ? await place.open() : journal);
  let conflicts = 0;
  const write = async (handle: Journal, writer: number): Promise<void> => {
    let version = 0;
    for (let i = 0; i < appendsPerWriter;) {
      const result = await handle.append(S, [{ nr: 2, bytes: Buffer.from(`${writer} ${i}`) }], version);
      if (result.ok) i++;
      else conflicts++;
      version = result.version;
    }
  };
  await Promise.all(handles.map(write));
  const next = [0, 0, 0, 0];
  let version = 0;
  for await (const item of journal.read(S)) {
    same(item.version, version, 'version');
    version += 2;
    const [writer, i] = Buffer.from(item.bytes).toString().split(' ').map(Number);
    same(i, next[writer]++, `append of writer ${writer}`);
  }
  same(next, next.map(() => appendsPerWriter), 'appends');
  for (const handle of new Set(handles)) if (handle !== journal) await handle.close();
  return `4 writers ${place.manyWriters ? 'with a handle each' : 'of one handle'}, ${
    4 * appendsPerWriter
  } appends, ${conflicts} conflicts`;
}

export const lawsOfSubscribing: readonly Law[] = [
  {
    title: 'a subscriber gets each event once and in order, however often it goes away and comes back',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        const other = await place.open();
        let end = Infinity;
        const following = [follow(journal, () => end, 1), follow(journal, () => end, 7), follow(other, () => end, 3),
          follow(other, () => end, Infinity)];
        end = eventsIn(chunksFrom(S, 0, 60));
        await appendMany(journal, 60, () => pause(Math.random() < 0.3 ? 3 : 0));
        const comings = await Promise.all(following);
        await other.close();
        return `60 appends, 4 subscribers, ${comings.reduce((a, b) => a + b)} comings`;
      }),
  },
  {
    title: 'a subscriber at another handle is told soon',
    run: (store, { lagMsMax }) =>
      inPlace(store, async (journal, place) => {
        const other = await place.open();
        const sent = new Map<number, number>();
        const lags: number[] = [];
        const count = 100;
        const following = (async () => {
          for await (const item of other.subscribe(S)) {
            // Told before its acknowledgement was heard here: no lag at all.
            const at = sent.get(item.version);
            lags.push(at === undefined ? 0 : performance.now() - at);
            if (lags.length === count) break;
          }
        })();
        let version = 0;
        for (let i = 0; i < count; i++) {
          const asked = journal.append(S, [chunkOf(S, version)], version);
          const result = await asked;
          claim(result.ok, 'append');
          // From when it is acknowledged: what the disk takes is not the subscription's.
          sent.set(version, performance.now());
          version = result.version;
          await pause(5);
        }
        await following;
        await other.close();
        lags.sort((a, b) => a - b);
        const p99 = lags[Math.floor(count * 0.99) - 1];
        claim(p99 <= lagMsMax, `the 99th of 100 lags is ${p99.toFixed(1)} ms, and not ${lagMsMax} or less`);
        return `lag p50 ${lags[count / 2].toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
      }),
  },
  {
    title: 'a subscriber that is behind when events are dropped gets the snapshot that stands for them',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        const other = await place.open();
        const end = await appendMany(journal, 12, async () => undefined);
        const seen: string[] = [];
        for await (const item of other.subscribe(S)) {
          seen.push(`${item.kind} ${item.version}`);
          if (seen.length === 1) {
            await journal.snapshot(S, end, Buffer.from('all'), { compact: true });
            await journal.append(S, [chunkOf(S, end)], end);
          }
          if (item.version >= end && item.kind === 'chunk') break;
        }
        await other.close();
        const known = seen.filter((item) => item.startsWith('chunk'));
        same(new Set(known).size, known.length, 'a chunk twice');
        claim(seen.includes(`snapshot ${end}`) || known.length === 13,
          `neither all chunks nor the snapshot: ${seen.join(', ')}`);
        same(seen.at(-1), `chunk ${end}`, 'the last');
        return seen.length === 13 ? 'it had everything already' : `told ${seen.join(', ')}`;
      }),
  },
  {
    title: 'a subscription ends by its signal and with its journal',
    run: (store) =>
      inPlace(store, async (journal, place) => {
        const other = await place.open();
        const ends = new AbortController();
        const listen = async (signal?: AbortSignal): Promise<number> => {
          let seen = 0;
          for await (const item of other.subscribe(S, 0, signal === undefined ? {} : { signal })) seen +=
              item.kind === 'chunk' ? item.nr : 0;
          return seen;
        };
        const both = [listen(ends.signal), listen()];
        await journal.append(S, [chunkOf(S, 0)], 0);
        await pause(200);
        ends.abort();
        same(await both[0], 1, 'events by signal');
        await other.close();
        same(await both[1], 1, 'events until closed');
        return 'both ended';
      }),
  },
  {
    title: 'four writers at a time lose nothing and write nothing twice',
    run: (store, effort) =>
      inPlace(store, async (journal, place) => {
        const seen = await writers(effort, journal, place);
        same((await journal.list()).length, 1, 'streams');
        await journal.append('other/x/1', chunksFrom('other/x/1', 0, 1), 0);
        await readTold(journal, 'other/x/1');
        return seen;
      }),
  },
];
