/** Processes that are killed, and readers beside them. */

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Journal } from '../journal.ts';
import { claim, refused, same } from './claims.ts';
import type { Effort, Law, Place, Store } from './law.ts';
import { chunkOf, readTold, ToldReader } from './told-chunks.ts';

const S = 'night/linux-6.1/1';
const WRITER = fileURLToPath(new URL('../../soak/kill-writer.mjs', import.meta.url));
const ALIVE_MS_MAX = 120;

interface Writing {
  readonly child: ChildProcess;
  /** Resolves at its first word. */
  readonly begun: Promise<void>;
  /** Resolves at its first acknowledgement. */
  readonly acknowledging: Promise<void>;
  readonly ended: Promise<void>;
  /** The highest version it told to be acknowledged. */
  acknowledged(): number;
  complaint(): string;
}

function startWriter(address: string): Writing {
  const child = spawn(process.execPath, [WRITER, address, S], { stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' } });
  let text = '';
  let complaint = '';
  let acknowledged = 0;
  let begin: () => void;
  let acknowledge: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const acknowledging = new Promise<void>((resolve) => (acknowledge = resolve));
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    const lines = text.split('\n');
    // A line that was cut off by the kill told nothing.
    text = lines.pop() ?? '';
    for (const line of lines) acknowledged = Math.max(acknowledged, Number(line.split(' ')[1]));
    if (lines.length > 0) begin();
    if (lines.some((line) => line.startsWith('ack'))) acknowledge();
  });
  child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
  const ended = new Promise<void>((resolve) =>
    child.on('close', () => {
      begin();
      acknowledge();
      resolve();
    })
  );
  return { child, begun, acknowledging, ended, acknowledged: () => acknowledged, complaint: () => complaint };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads along beside the writers, over all their deaths. Anything torn throws. */
function readAlong(journal: Journal): { readonly seen: () => number; stop(): Promise<void> } {
  const ends = new AbortController();
  const reader = new ToldReader(S);
  const reading = (async () => {
    for await (const item of journal.subscribe(S, 0, { signal: ends.signal })) reader.take(item);
  })();
  return {
    seen: () => reader.version,
    async stop() {
      ends.abort();
      await reading;
    },
  };
}

async function kill(store: Store, { kills, progress }: Effort): Promise<string> {
  const place = await store.place();
  try {
    if (place.address === null) throw new Error(`${store.name} cannot be reached by another process`);
    const reader = await place.open();
    const along = readAlong(reader);
    let acknowledged = 0;
    for (let i = 1; i <= kills; i++) {
      const writing = startWriter(place.address);
      // Some die while they start, some while they take the stream over, most while they write.
      if (i % 8 !== 0) await (i % 4 === 1 ? writing.begun : writing.acknowledging);
      await pause(Math.random() * ALIVE_MS_MAX);
      claim(writing.child.exitCode === null, `the writer ended by itself: ${writing.complaint()}`);
      writing.child.kill('SIGKILL');
      await writing.ended;
      acknowledged = Math.max(acknowledged, writing.acknowledged());
      const head = await readTold(reader, S);
      claim(head >= acknowledged, `${acknowledged - head} acknowledged events are lost after kill ${i}`);
      if (i % 50 === 0) progress?.(`${i} kills, ${head} events`);
    }
    const head = await readTold(reader, S);
    const until = performance.now() + 5000;
    while (along.seen() < head && performance.now() < until) await pause(10);
    same(along.seen(), head, 'what a reader saw that was there all the time');
    await along.stop();
    const result = await reader.append(S, [chunkOf(S, head)], head);
    claim(result.ok, `after all kills: ${JSON.stringify(result)}`);
    await reader.close();
    return `${kills} kills, ${head} events, ${acknowledged} acknowledged, none lost`;
  } finally {
    await place.remove();
  }
}

async function twoProcesses(store: Store): Promise<string> {
  const place: Place = await store.place();
  try {
    if (place.address === null) throw new Error(`${store.name} cannot be reached by another process`);
    const journal = await place.open();
    const writing = startWriter(place.address);
    await writing.begun;
    while (writing.acknowledged() === 0) await pause(5);
    const attempt = (): Promise<unknown> => journal.append(S, [{ nr: 1, bytes: Buffer.from('x') }], 0);
    if (place.manyWriters) {
      const result = await journal.append(S, [{ nr: 1, bytes: Buffer.from('x') }], 0);
      claim(!result.ok, 'an append at a version that another process is past');
    } else await refused(attempt, ['locked'], 'a second writer');
    claim((await readTold(journal, S)) > 0, 'a reader beside a writer reads nothing');
    writing.child.kill('SIGKILL');
    await writing.ended;
    const head = await readTold(journal, S);
    const result = await journal.append(S, [chunkOf(S, head)], head);
    claim(result.ok, `the lock of a dead process: ${JSON.stringify(result)}`);
    await journal.close();
    return place.manyWriters ? 'the version decides' : 'the second is refused while the first lives';
  } finally {
    await place.remove();
  }
}

export const lawsOfProcesses: readonly Law[] = [
  { title: 'a writer that is killed at any moment loses nothing that was acknowledged, and nobody reads half an append',
    run: kill },
  { title: "two processes never write into each other, and a dead one is in nobody's way", run: twoProcesses },
];
