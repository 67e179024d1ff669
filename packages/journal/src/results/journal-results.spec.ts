import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal } from '../journal.ts';
import { openJournal } from '../open.ts';
import { streamState } from '../stream-state.ts';
import { JournalResults, readResults } from './journal-results.ts';

// Disks take their time, and each append waits for one.
jest.setTimeout(60_000);

const S = 'pinned/sweep/1';
const HEAD = { what: 'sweep', asked: 'sweep pinned.cow', begun: '2026-11-28T03:00:00.000Z' };

describe('results of long work', () => {
  let root: string;
  let journal: Journal;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cowlab-results-'));
    journal = await openJournal(join(root, 'journal'));
  });
  afterEach(async () => {
    await journal.close();
    rmSync(root, { recursive: true });
  });
  const state = async (): Promise<string> => {
    const [summary] = await journal.list();
    const { holds, state: told } = await streamState(journal, summary);
    return `${holds} ${told}`;
  };

  it('are kept as they come, are partial until the work says that it is done, and go on where it was cut', async () => {
    const first = await JournalResults.open(journal, S, HEAD);
    expect(first.found).toEqual([]);
    first.add({ cell: 0 });
    await first.flush();
    expect(await state()).toBe('results open');
    // Cut here: another process finds it.
    await journal.close();
    journal = await openJournal(join(root, 'journal'));
    expect(await state()).toBe('results partial');
    const second = await JournalResults.open(journal, S, { ...HEAD, begun: 'later' });
    expect(second.found).toEqual([{ cell: 0 }]);
    second.add({ cell: 1 });
    await second.finish();
    expect(await readResults(journal, S)).toEqual({ head: HEAD, results: [{ cell: 0 }, { cell: 1 }], isWhole: true,
      version: 4 });
    expect(await state()).toBe('results whole');
    await expect(JournalResults.open(journal, S, HEAD)).rejects.toThrow('it came to its end; begin another stream');
  });

  it('that another process adds to as well are told to the slower one, which loses none of its own', async () => {
    const mine = await JournalResults.open(journal, S, HEAD);
    await journal.append(S, [{ nr: 1, bytes: Buffer.from('x') }], 1);
    mine.add(1);
    await expect(mine.flush()).rejects.toThrow('it has 2 events, and this run is at 1');
    expect(() => mine.add(2)).toThrow('it has 2 events');
  });
});
