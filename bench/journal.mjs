/**
 * What the journal costs, as ratios within one run: appending beside a plain file that is written and synced as often,
 * reading back and folding a million events beside a file of JSON lines, `cowlab run --journal` beside `cowlab run`, and
 * how long after an append a subscriber in another process hears of it. `node bench/journal.mjs [append|fold|run|lag]`,
 * after a build; `npm run bench` runs it too.
 */

import { spawn } from 'node:child_process';
import { closeSync, createReadStream, createWriteStream, fdatasyncSync, mkdtempSync, openSync, rmSync, writeFileSync,
  writeSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { main } from '../packages/cli/dist/index.js';
import { ChunkReader, openJournal, packEntries, PackedCosts, readEntries } from '../packages/journal/dist/index.js';

const ROUNDS = 7;
const TURN = 10;
const EVENTS = 1_000_000;
const EVENTS_PER_CHUNK = 1000;

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'cowlab-bench-'));
const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const seconds = async (work) => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};
/** Of this process: what else the machine does is not in it. */
const cpuSeconds = async (work) => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
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
  const head = { name: 'bench', geometry: { name: 'x86_64', bits: 9, levels: 4 }, policies: ['naive'] };
  let expected = 0;
  for (let at = 0; at < EVENTS; at += EVENTS_PER_CHUNK) {
    const entries = [];
    for (let i = 0; i < EVENTS_PER_CHUNK; i++) {
      const entry = entryAt(at + i);
      entries.push(entry);
      expected += entry.events[0].value;
    }
    if (!lines.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))) await once(lines, 'drain');
    await journal.append('bench/fold/lines', [packEntries(head, entries)], at);
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
    'journal, the chunks only read': async () => {
      let nr = 0;
      for await (const item of journal.read('bench/fold/lines')) nr += item.nr;
      return nr === EVENTS ? expected : -1;
    },
    'journal, one column of one kind of event': async () => {
      const reader = new ChunkReader('bench');
      let sum = 0;
      for await (const chunk of journal.read('bench/fold/lines'))
        for (const { type, column } of tablesOf(reader.columns(chunk)))
          if (type === 'PagesStored') sum += column('value');
      return sum;
    },
    'journal, all costs of the log (the read model)': async () => {
      const reader = new ChunkReader('bench');
      const costs = new PackedCosts();
      let nr = 0;
      for await (const chunk of journal.read('bench/fold/lines')) {
        const packed = reader.columns(chunk);
        nr += packed.nrEvents;
        costs.add(packed);
      }
      return nr === EVENTS && costs.value.syscalls === 0 ? expected : -1;
    },
    'journal, every entry made and checked': async () => {
      let sum = 0;
      for await (const entry of readEntries(journal, 'bench/fold/lines'))
        for (const event of entry.events) sum += event.value;
      return sum;
    },
  };
  const times = new Map(Object.keys(ways).map((name) => [name, []]));
  for (const [name, way] of Object.entries(ways)) {
    // The engine compiles the loops during the first ones.
    const [warmUps, rounds] = SLOW.has(name) ? [1, 3] : [6, 9];
    for (let round = 0; round < warmUps + rounds; round++) {
      let sum;
      const took = await cpuSeconds(async () => (sum = await way()));
      if (sum !== expected) throw new Error(`${name}: ${sum}, and not ${expected}`);
      if (round >= warmUps) times.get(name).push(took);
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

const SLOW = new Set(['a file of JSON lines', 'journal, every entry made and checked']);
const tablesOf = ({ events }) =>
  events.map((table) => ({ type: table.type, column: (name) => table.column(name)?.sum() ?? 0 }));

/** In this process, so that starting Node, which both do, is not what is measured. Pairs, turn by turn. */
async function running() {
  const scenarios = {
    'examples/rdma.cow, 9 steps': null,
    'a scenario of 4,000 steps': `question x\nmmap 0 0 anon 64\n${
      Array.from({ length: 4000 }, (_, at) => `write 0 0 ${at % 64} ${at % 256}`).join('\n')
    }\n`,
    'a scenario of 300 forks of 65,536 pages': `question x\nmmap 0 0 anon 65536\nmlock 0 0 0 65536\n${
      Array.from({ length: 150 }, (_, at) => `fork 0 ${at + 1}\nexit ${at + 1}`).join('\n')
    }\n`,
  };
  for (const [name, text] of Object.entries(scenarios)) {
    const file = text === null ? 'examples/rdma.cow' : join(dir, 'run.cow');
    if (text !== null) writeFileSync(file, text);
    const [walls, cpus] = [[], []];
    for (let round = 0; round < ROUNDS + 2; round++) {
      const plain = await both(() => cowlab(['run', file, '--policy', 'linux-5.9']));
      const kept = await both(() => cowlab(['run', file, '--policy', 'linux-5.9', '--journal', join(dir, 'runs')]));
      // The first find cold code.
      if (round < 2) continue;
      walls.push(kept.wall / plain.wall);
      cpus.push(kept.cpu / plain.cpu);
    }
    console.log(
      `  ${name.padEnd(42)} ${middle(walls).toFixed(2)} x by the clock, ${middle(cpus).toFixed(2)} x of CPU time`,
    );
  }
}

async function both(work) {
  let wall = 0;
  const cpu = await cpuSeconds(async () => {
    wall = await seconds(work);
  });
  return { wall, cpu };
}

async function cowlab(argv) {
  let err = '';
  const io = { stdout: { write: () => true }, stderr: { write: (text) => (err += text) }, cwd: process.cwd(), env: {} };
  if ((await main(argv, io)) === 2) throw new Error(err);
}

/** The other process writes down when it hears of each event; both read one clock. */
async function lagging(journal) {
  const APPENDS = 500;
  const stream = 'bench/lag/1';
  await journal.append(stream, [{ nr: 1, bytes: Buffer.alloc(8) }], 0);
  const child = spawn(process.execPath, ['--input-type=module', '-e', `
    const { openJournal } = await import(${
    JSON.stringify(fileURLToPath(new URL('../packages/journal/dist/index.js', import.meta.url)))
  });
    const journal = await openJournal(${JSON.stringify(journal.place)});
    for await (const { version, bytes } of journal.subscribe(${JSON.stringify(stream)})) {
      if (version === 0) { console.log('ready'); continue; }
      console.log(Number(process.hrtime.bigint() - Buffer.from(bytes).readBigInt64LE(0)) / 1e6);
      if (version === ${APPENDS}) break;
    }
    await journal.close();`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const heard = createInterface({ input: child.stdout });
  const lags = [];
  const ended = new Promise((done) => child.on('close', done));
  await new Promise((ready) => heard.on('line', (line) => (line === 'ready' ? ready() : lags.push(Number(line)))));
  for (let version = 1; version <= APPENDS; version++) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(process.hrtime.bigint());
    await journal.append(stream, [{ nr: 1, bytes }], version);
    await new Promise((done) => setTimeout(done, Math.random() * 20));
  }
  await ended;
  lags.sort((a, b) => a - b);
  const at = (part) => lags[Math.min(lags.length - 1, Math.floor(lags.length * part))].toFixed(1);
  console.log(
    `  ${lags.length} appends: median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms, from before the append`,
  );
}

const only = process.argv[2];
const wanted = (name) => only === undefined || !['append', 'fold', 'run', 'lag'].includes(only) || only === name;
const journal = await openJournal(join(dir, 'journal'));
try {
  if (wanted('append')) {
    console.log(
      `appending, one sync for each; ${ROUNDS} rounds, the plain file and the journal by turns (goal: at least 0.5 x)`,
    );
    await appending(journal, 200, 400);
    await appending(journal, 4096, 400);
    await appending(journal, 65536, 200);
    await appending(journal, 1 << 20, 40);
    await together(journal, 200, 20_000, 64);
  }
  if (wanted('fold')) {
    console.log(
      `\n${EVENTS.toLocaleString('en')} events in chunks of ${EVENTS_PER_CHUNK}, read back and folded (by CPU time)`,
    );
    await folding(journal);
  }
  if (wanted('run')) {
    console.log('\ncowlab run --journal beside cowlab run (goal: at most 1.3 x)');
    await running();
  }
  if (wanted('lag')) {
    console.log('\na subscriber in another process (goal: p99 of 50 ms)');
    await lagging(journal);
  }
} finally {
  await journal.close();
  rmSync(dir, { recursive: true });
}
