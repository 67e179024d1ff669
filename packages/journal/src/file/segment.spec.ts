import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync,
  unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { chunkOf, chunksFrom, eventsIn, readTold } from '../contract/told-chunks.ts';
import type { Journal } from '../journal.ts';
import { FileJournal } from './file-journal.ts';
import { ourselves } from './owner.ts';
import { segmentName } from './segment-format.ts';

// Disks take their time, and each append waits for one.
jest.setTimeout(60_000);

const S = 'night/linux-6.1/1';

/** As version 0 wrote it: no sum over the head, no mark at the end. */
function oldSegment(first: number, appends: number): { readonly bytes: Buffer; readonly version: number } {
  const head = Buffer.alloc(16);
  head.write('COWJSEG', 'latin1');
  head.writeBigUInt64LE(BigInt(first), 8);
  const parts = [head];
  let version = first;
  for (const { nr, bytes } of chunksFrom(S, first, appends)) {
    const record = Buffer.alloc(12);
    record.writeUInt32LE(bytes.length, 0);
    record.writeUInt32LE(nr, 4);
    record.writeUInt32LE(crc32(bytes), 8);
    parts.push(record, Buffer.from(bytes));
    version += nr;
  }
  return { bytes: Buffer.concat(parts), version };
}

describe('a segment', () => {
  let root: string;
  let folder: string;
  let journal: Journal;
  beforeEach(() => {
    const scratch = mkdtempSync(join(tmpdir(), 'cowlab-segment-'));
    root = join(scratch, 'journal');
    folder = join(root, S);
    journal = new FileJournal(root);
  });
  afterEach(async () => {
    await journal.close();
    rmSync(join(root, '..'), { recursive: true });
  });

  const append = async (count: number): Promise<number> => {
    let version = await readTold(journal, S);
    for (let i = 0; i < count; i++) version = (await journal.append(S, [chunkOf(S, version)], version)).version;
    return version;
  };
  const reopen = async (): Promise<void> => {
    await journal.close();
    journal = new FileJournal(root);
  };
  const first = (): string => join(folder, segmentName(0));

  it('that a write left torn is cut to what was acknowledged, wherever it was cut off', async () => {
    const kept = await append(3);
    const size = statSync(first()).size;
    const more = await append(1);
    await reopen();
    const whole = readFileSync(first());
    for (let length = size + 1; length < whole.length; length += 97) {
      writeFileSync(first(), whole.subarray(0, length));
      expect(await readTold(journal, S)).toBe(kept);
      expect(await append(1)).toBe(more);
      await reopen();
      expect(readFileSync(first())).toEqual(whole);
    }
  });

  it('whose last blocks a power cut left empty is cut there too', async () => {
    const kept = await append(3);
    const size = statSync(first()).size;
    await reopen();
    appendFileSync(first(), Buffer.alloc(5000));
    expect(await readTold(journal, S)).toBe(kept);
    await append(1);
    await reopen();
    const whole = readFileSync(first());
    whole.fill(0, size + 40);
    writeFileSync(first(), whole);
    expect(await readTold(journal, S)).toBe(kept);
    await append(2);
    expect(await readTold(journal, S)).toBe(eventsIn(chunksFrom(S, 0, 5)));
  });

  it('that is damaged names itself and the place, and is neither read past nor written to', async () => {
    await append(1);
    const at = statSync(first()).size;
    await append(3);
    await reopen();
    const bytes = readFileSync(first());
    bytes[at + 50] ^= 4;
    writeFileSync(first(), bytes);
    await expect(readTold(journal, S)).rejects.toThrow(
      `${first()}:${at}: a chunk does not have the bytes it was written with`,
    );
    await expect(journal.append(S, [chunkOf(S, 6)], 6)).rejects.toMatchObject({ code: 'damaged' });
    expect(readFileSync(first())).toEqual(bytes);
  });

  it('that is missing or cut short in the middle is damage and no torn tail', async () => {
    await journal.close();
    journal = new FileJournal(root, { segmentBytes: 4000 });
    await append(10);
    await journal.close();
    const names = readdirSync(folder).filter((name) => name.endsWith('.seg'));
    expect(names.length).toBeGreaterThan(2);
    journal = new FileJournal(root);
    const middle = join(folder, names[1]);
    const bytes = readFileSync(middle);
    truncateSync(middle, bytes.length - 1);
    await expect(readTold(journal, S)).rejects.toThrow(`${middle}:`);
    unlinkSync(middle);
    await expect(readTold(journal, S)).rejects.toThrow('is missing');
  });

  it('of version 0 is read, and written anew before anything is added', async () => {
    const { bytes, version } = oldSegment(0, 4);
    const next = oldSegment(version, 3);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(root, 'cowlab-journal'), 'cowlab journal 1\n');
    writeFileSync(first(), bytes);
    writeFileSync(join(folder, segmentName(version)), next.bytes);
    expect(await readTold(journal, S)).toBe(next.version);
    expect(readFileSync(first())[7]).toBe(0);
    await append(2);
    expect(await readTold(journal, S)).toBe(eventsIn(chunksFrom(S, 0, 9)));
    const formats = readdirSync(folder).filter((name) => name.endsWith('.seg')).map((name) =>
      readFileSync(join(folder, name))[7]
    );
    expect(formats).toEqual([1, 1, 1]);
  });

  it('of a newer version is refused by name', async () => {
    await append(1);
    await reopen();
    const head = Buffer.from(readFileSync(first()).subarray(0, 24));
    head[7] = 2;
    head.writeUInt32LE(crc32(head.subarray(0, 16)), 16);
    writeFileSync(first(), head);
    await expect(readTold(journal, S)).rejects.toMatchObject({ code: 'unknown-format' });
    await expect(append(1)).rejects.toMatchObject({ code: 'unknown-format' });
  });

  describe('its lock', () => {
    const lockOf = (owner: object): void => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(root, 'cowlab-journal'), 'cowlab journal 1\n');
      writeFileSync(join(folder, 'lock'), `${'0'.repeat(16)} ${'0'.repeat(16)}\n${JSON.stringify(owner)}\n`);
    };
    const nonce = 'ab'.repeat(9);

    it('is taken over from a process that ended, and from a number that another process has now', async () => {
      const { pid } = spawnSync(process.execPath, ['-e', '']);
      lockOf({ ...ourselves(nonce), pid });
      expect(await append(1)).toBe(1);
      await journal.close();
      lockOf({ ...ourselves(nonce), start: '1' });
      journal = new FileJournal(root);
      expect(await append(1)).toBe(3);
      expect(readdirSync(folder).filter((name) => name.startsWith('lock')).sort()).toEqual(['lock']);
    });

    it('is taken over although the one who was taking it over ended too', async () => {
      const { pid } = spawnSync(process.execPath, ['-e', '']);
      lockOf({ ...ourselves(nonce), pid });
      writeFileSync(join(folder, `lock-${nonce}.turn`),
        readFileSync(join(folder, 'lock'), 'utf8').replace(nonce, 'cd'.repeat(9)));
      expect(await append(1)).toBe(1);
      expect(existsSync(join(folder, `lock-${nonce}.turn`))).toBe(false);
    });

    it('is not littered with what killed processes left beside it', async () => {
      const { pid } = spawnSync(process.execPath, ['-e', '']);
      await append(1);
      writeFileSync(join(folder, `lock-${pid}-${nonce}.draft`), '');
      writeFileSync(join(folder, `lock-${process.pid}-${nonce}.draft`), '');
      await reopen();
      await append(1);
      const drafts = readdirSync(folder).filter((name) => name.endsWith('.draft'));
      expect(drafts).toEqual([`lock-${process.pid}-${nonce}.draft`]);
    });

    it('of a process that lives, or that cannot be seen from here, is respected', async () => {
      lockOf({ ...ourselves(nonce), pid: 1,
        start: /\) . (?:\S+ ){18}(\d+) /.exec(readFileSync('/proc/1/stat', 'utf8'))?.[1] ?? '' });
      await expect(append(1)).rejects.toThrow('process 1 writes to it');
      lockOf({ ...ourselves(nonce), boot: 'another', host: 'another' });
      await expect(append(1)).rejects.toThrow('on another writes to it, which cannot be seen from here');
      writeFileSync(join(folder, 'lock'), 'hello');
      await expect(append(1)).rejects.toThrow('is no lock of a journal');
    });
  });
});
