import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogEntry, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  toyGeometry } from '@cowlab/core';
import { Lab, replay } from '@cowlab/runtime';
import type { Journal } from '../journal.ts';
import { openJournal } from '../open.ts';
import { readEntries, readJournalLog } from './journal-log.ts';
import { JournalSink } from './journal-sink.ts';

// Disks take their time, and each append waits for one.
jest.setTimeout(60_000);

const S = 'night/naive/1';

function newLab(): Lab {
  return new Lab({ name: 'night', policy: stackPolicies([{ id: 'naive', hooks: {} }]), geometry: toyGeometry() });
}

function begin(lab: Lab): void {
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
}

const store = (lab: Lab, value: number): LogEntry =>
  lab.execute({ type: 'Store', task: 0, vpn: 4 + (value % 8), nr: 1, value });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a lab that writes to a journal', () => {
  let root: string;
  let journal: Journal;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cowlab-sink-'));
    journal = await openJournal(join(root, 'journal'));
  });
  afterEach(async () => {
    await journal.close();
    rmSync(root, { recursive: true });
  });

  it('leaves its whole log there, which replays to its world', async () => {
    const lab = newLab();
    const sink = new JournalSink(journal, S, lab, { itemsMax: 16 });
    begin(lab);
    for (let i = 0; i < 100; i++) {
      store(lab, i);
      if (sink.isBehind) await sink.flush();
    }
    await sink.finish();
    const read = await readJournalLog(journal, S);
    expect(read).toMatchObject({ name: 'night', policies: ['naive'], hash: lab.hash, partial: false });
    expect(read?.log).toEqual(JSON.parse(JSON.stringify(lab.log)));
    if (read !== null) expect(replay(read).hash()).toBe(lab.hash);
    expect(await journal.list()).toEqual([{ stream: S, version: 103, writer: process.pid }]);
  });

  it('keeps what it told when it is cut, and says that it is partial', async () => {
    const lab = newLab();
    new JournalSink(journal, S, lab);
    begin(lab);
    store(lab, 1);
    const { hash } = lab;
    const other = await openJournal(join(root, 'journal'));
    // Without a word from the lab's side: the sink sends by itself.
    while ((await other.list()).length === 0) await pause(5);
    // Nobody waits for this one.
    store(lab, 2);
    const read = await readJournalLog(other, S);
    expect(read).toMatchObject({ partial: true, hash });
    expect(read?.log).toHaveLength(3);
    if (read !== null) expect(replay(read).hash()).toBe(hash);
    await other.close();
  });

  it('goes on where a run that was cut stopped, and its entries can be read from any of them on', async () => {
    const lab = newLab();
    const cut = new JournalSink(journal, S, lab);
    begin(lab);
    store(lab, 1);
    await cut.stop();
    const sink = new JournalSink(journal, S, lab);
    store(lab, 2);
    await sink.finish();
    const positions: number[] = [];
    for await (const { position } of readEntries(journal, S, 1)) positions.push(position);
    expect(positions).toEqual([1, 2, 3]);
  });

  it("is told when the stream is another run's, and then writes nothing more", async () => {
    await journal.append(S, [{ nr: 7, bytes: Buffer.from('other') }], 0);
    const lab = newLab();
    const sink = new JournalSink(journal, S, lab);
    begin(lab);
    await expect(sink.flush()).rejects.toThrow('it has 7 events, and this run is at 0');
    store(lab, 1);
    await expect(sink.finish()).rejects.toThrow('it has 7 events');
    await expect(readJournalLog(journal, S)).rejects.toThrow('this chunk holds no log');
  });
});
