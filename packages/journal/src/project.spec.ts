import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal } from './journal.ts';
import { openJournal } from './open.ts';
import { type Fold, project, projectLive } from './project.ts';

// Disks take their time, and each append waits for one.
jest.setTimeout(60_000);

const S = 'night/linux-6.1/1';
const number = (value: number): Uint8Array => Uint8Array.of(value);
const sum: Fold<number> = {
  start: () => 0,
  add: (state, { bytes }) => state + bytes[0],
  restore: ({ bytes }) => bytes[0],
};

describe('a projection', () => {
  let root: string;
  let journal: Journal;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cowlab-projection-'));
    journal = await openJournal(join(root, 'journal'));
    for (let i = 0; i < 5; i++) await journal.append(S, [{ nr: 2, bytes: number(i + 1) }], 2 * i);
  });
  afterEach(async () => {
    await journal.close();
    rmSync(root, { recursive: true });
  });

  it('is what its stream comes to, and nothing for a stream that nobody began', async () => {
    expect(await project(journal, S, sum)).toMatchObject({ state: 15, version: 10 });
    expect(await project(journal, 'night/linux-6.1/2', sum)).toMatchObject({ state: 0, version: 0 });
  });

  it('begins from a snapshot when there is one, and counts no event twice', async () => {
    await journal.snapshot(S, 6, number(6));
    expect(await project(journal, S, sum)).toMatchObject({ state: 15, version: 10 });
    await journal.snapshot(S, 10, number(15), { compact: true });
    await journal.append(S, [{ nr: 1, bytes: number(7) }], 10);
    expect(await project(journal, S, sum)).toMatchObject({ state: 22, version: 11 });
  });

  it('says so when the events it needs were dropped', async () => {
    await journal.snapshot(S, 10, number(15), { compact: true });
    const { start, add } = sum;
    await expect(project(journal, S, { start, add })).rejects.toThrow('the events before 10 were dropped');
  });

  it('refuses a snapshot that was taken in the middle of a chunk', async () => {
    await journal.snapshot(S, 7, number(8));
    await expect(project(journal, S, sum)).rejects.toThrow('the snapshot at 7 is inside the chunk at 6');
  });

  it('is kept up by a reader at another handle while the stream grows', async () => {
    const other = await openJournal(join(root, 'journal'));
    const seen: number[] = [];
    for await (const { state, version } of projectLive(other, S, sum)) {
      seen.push(state);
      if (version === 10) await journal.append(S, [{ nr: 1, bytes: number(100) }], 10);
      if (version === 11) break;
    }
    expect(seen).toEqual([1, 3, 6, 10, 15, 115]);
    await other.close();
  });
});
