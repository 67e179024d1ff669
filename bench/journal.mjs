/**
 * What the journal costs, as ratios within one run: appending beside a plain file that is written and synced as often, and
 * reading back and folding a million events beside a file of JSON lines. `node bench/journal.mjs`, after a build.
 */

import { closeSync, createReadStream, createWriteStream, fdatasyncSync, mkdtempSync, openSync, rmSync,
  writeSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openJournal, packEntries, readEntries } from '../packages/journal/dist/index.js';

const ROUNDS = 7;
const TURN = 10;
const EVENTS = 1_000_000;
const EVENTS_PER_CHUNK = 1000;
const WORDS = 4;

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'cowlab-bench-'));
const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const seconds = async (work) => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};
let nrStreams = 0;

async function appending(journal, bytes, count) {
  const chunk = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) chunk[i] = (i * 2654435761) >>> 11;
  const ratios = [];
  const rates = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const file = openSync(join(dir, `raw-${bytes}-${round}`), 'w', 0o600);
    const stream = `bench/append/${nrStreams++}`;
    await journal.append(stream, [{ nr: 1, bytes: chunk }], 0);
    let version = 1;
    let raw = 0;
    let ours = 0;
    // By turns of a few: what else the disk has to do meets both.
    for (let done = 0; done < count; done += TURN) {
      raw += await seconds(() => {
        for (let i = 0; i < TURN; i++) {
          writeSync(file, chunk);
          fdatasyncSync(file);
        }
      });
      ours += await seconds(async () => {
        for (let i = 0; i < TURN; i++) await journal.append(stream, [{ nr: 1, bytes: chunk }], version++);
      });
    }
    closeSync(file);
    rmSync(join(dir, `raw-${bytes}-${round}`));
    // The first finds cold code.
    if (round === 0) continue;
    ratios.push(raw / ours);
    rates.push(count / ours);
  }
  console.log(
    `  ${String(bytes).padStart(8)} bytes: ${middle(ratios).toFixed(2)} x the rate of the plain file; ${
      Math.round(middle(rates))
    } appends/s, ${((middle(rates) * bytes) / 2 ** 20).toFixed(1)} MiB/s`,
  );
}

async function together(journal, bytes, count, width) {
  const chunk = Buffer.alloc(bytes, 1);
  const streams = Array.from({ length: width }, () => `bench/together/${nrStreams++}`);
  const stream = streams[0];
  let version = 0;
  const time = await seconds(async () => {
    let waiting = [];
    for (let i = 0; i < count; i++) {
      waiting.push(journal.append(stream, [{ nr: 1, bytes: chunk }], version++));
      if (waiting.length === width) {
        await Promise.all(waiting);
        waiting = [];
      }
    }
    await Promise.all(waiting);
  });
  console.log(
    `  ${String(bytes).padStart(8)} bytes, ${width} at once: ${Math.round(count / time)} acknowledged appends/s`,
  );
}

/** As a lab logs it: a store to a page, and the one fact that follows. */
const entryAt = (position) => ({
  position,
  command: { type: 'Store', task: position & 7, vpn: 65536 + (position % 4096), nr: 1, value: position & 255 },
  events: [{ type: 'PagesStored', mm: position & 7, vpn: 65536 + (position % 4096), nr: 1, value: position & 255 }],
  result: { ok: true, value: 0 },
});

async function folding(journal) {
  const file = join(dir, 'entries.jsonl');
  const lines = createWriteStream(file);
  const words = new Uint32Array(WORDS * EVENTS_PER_CHUNK);
  const head = { name: 'bench', geometry: { name: 'x86_64', bits: 9, levels: 4 }, policies: ['naive'] };
  let expected = 0;
  for (let at = 0; at < EVENTS; at += EVENTS_PER_CHUNK) {
    const entries = [];
    for (let i = 0; i < EVENTS_PER_CHUNK; i++) {
      const entry = entryAt(at + i);
      entries.push(entry);
      expected += entry.events[0].value;
      words.set([entry.command.task, entry.command.vpn, entry.command.nr, entry.command.value], i * WORDS);
    }
    if (!lines.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))) await once(lines, 'drain');
    await journal.append('bench/fold/lines', [await packEntries(head, entries)], at);
    await journal.append('bench/fold/words', [{ nr: EVENTS_PER_CHUNK, bytes: new Uint8Array(words.buffer.slice(0)) }],
      at);
  }
  lines.end();
  await once(lines, 'finish');

  const ways = {
    'a file of JSON lines': async () => {
      let sum = 0;
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
        for (const event of JSON.parse(line).events) sum += event.value;
      return sum;
    },
    'journal, the chunks of packed words folded': async () => {
      let sum = 0;
      for await (const { nr, bytes } of journal.read('bench/fold/words')) {
        // A payload may lie anywhere in the block that was read.
        const view = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        for (let i = 0; i < nr; i++) sum += view[i * WORDS + 3];
      }
      return sum;
    },
    'journal, the chunks only read': async () => {
      let nr = 0;
      for await (const item of journal.read('bench/fold/lines')) nr += item.nr;
      return nr === EVENTS ? expected : -1;
    },
    'journal, a log of a lab unpacked and checked': async () => {
      let sum = 0;
      for await (const entry of readEntries(journal, 'bench/fold/lines'))
        for (const event of entry.events) sum += event.value;
      return sum;
    },
  };
  const times = new Map(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < 3; round++) {
    for (const [name, way] of Object.entries(ways)) {
      let sum;
      times.get(name).push(await seconds(async () => (sum = await way())));
      if (sum !== expected) throw new Error(`${name}: ${sum}, and not ${expected}`);
    }
  }
  const [plain] = [...times.values()].map(middle);
  for (const [name, took] of times)
    console.log(
      `  ${name.padEnd(46)} ${(EVENTS / middle(took) / 1e6).toFixed(2).padStart(7)} M events/s  ${
        (plain / middle(took)).toFixed(1)
      } x`,
    );
}

const journal = await openJournal(join(dir, 'journal'));
try {
  console.log(
    `appending, one sync for each; ${ROUNDS} rounds, the plain file and the journal by turns (goal: at least 0.5 x)`,
  );
  await appending(journal, 200, 400);
  await appending(journal, 4096, 400);
  await appending(journal, 65536, 200);
  await appending(journal, 1 << 20, 40);
  await together(journal, 200, 20_000, 64);
  console.log(`\n${EVENTS.toLocaleString('en')} events in chunks of ${EVENTS_PER_CHUNK}, read back and folded`);
  await folding(journal);
} finally {
  await journal.close();
  rmSync(dir, { recursive: true });
}
