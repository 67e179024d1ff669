import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunkOf, readTold } from './contract/told-chunks.ts';
import { openJournal } from './open.ts';
import { streamName, streamParts } from './stream-name.ts';

// Disks take their time, and each append waits for one.
jest.setTimeout(60_000);

const S = 'night/linux-6.1/1';

describe('an address of a journal', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cowlab-address-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const appendTo = async (address: string): Promise<number> => {
    const journal = await openJournal(address);
    try {
      const result = await journal.append(S, [chunkOf(S, 0)], 0);
      await readTold(journal, S);
      return result.version;
    } finally {
      await journal.close();
    }
  };

  it('is a folder, with or without file:, or a libsql file; the same place by either name', async () => {
    expect(await appendTo(join(root, 'a'))).toBe(1);
    expect(await appendTo(`file:${join(root, 'a')}`)).toBe(1);
    expect(await appendTo(`file://${join(root, 'a')}`)).toBe(1);
    expect(await appendTo(`libsql:${join(root, 'b.db')}`)).toBe(1);
  });

  it('of no kind or of nothing is refused', async () => {
    await expect(openJournal('mysql://x')).rejects.toThrow('"mysql:" is no kind of journal');
    for (const address of ['', 'file:', 'libsql:', 'pglite:'])
      await expect(openJournal(address)).rejects.toThrow('names no place');
    await expect(openJournal('postgres://nobody:secret@127.0.0.1:1/none')).rejects.toThrow(
      /^postgres:\/\/nobody@127\.0\.0\.1:1\/none: /,
    );
    await expect(appendTo(join(root, 'no/such/folder'))).rejects.toThrow('make that first');
  });

  it('lets nobody else read what is written', async () => {
    await appendTo(join(root, 'a'));
    await appendTo(`libsql:${join(root, 'b.db')}`);
    const modes = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) =>
      lstatSync(join(root, name)).mode & 0o077
    );
    expect(modes.length).toBeGreaterThan(6);
    expect(new Set(modes)).toEqual(new Set([0]));
  });

  it('leads through no symlink, in whatever part of it', async () => {
    mkdirSync(join(root, 'elsewhere'), { mode: 0o700 });
    symlinkSync('elsewhere', join(root, 'link'));
    await expect(appendTo(join(root, 'link'))).rejects.toThrow('is a symlink');
    await appendTo(join(root, 'a'));
    const streamFolder = join(root, 'a', S);
    for (const name of readdirSync(streamFolder)) {
      const bytes = readFileSync(join(streamFolder, name));
      writeFileSync(join(root, 'elsewhere', name), bytes, { mode: 0o600 });
      rmSync(join(streamFolder, name));
      symlinkSync(join(root, 'elsewhere', name), join(streamFolder, name));
      await expect(appendTo(join(root, 'a'))).rejects.toThrow(/ELOOP|symlink/);
    }
    rmSync(streamFolder, { recursive: true });
    symlinkSync(join(root, 'elsewhere'), streamFolder);
    await expect(appendTo(join(root, 'a'))).rejects.toThrow('is a symlink');
    symlinkSync(join(root, 'elsewhere/new.db'), join(root, 'b.db'));
    await expect(appendTo(`libsql:${join(root, 'b.db')}`)).rejects.toThrow('no regular file');
    expect(existsSync(join(root, 'elsewhere/new.db'))).toBe(false);
  });

  it('takes no folder that others can write or that holds something else', async () => {
    mkdirSync(join(root, 'open'));
    chmodSync(join(root, 'open'), 0o777);
    await expect(appendTo(join(root, 'open'))).rejects.toThrow('can be written by others');
    mkdirSync(join(root, 'work'), { mode: 0o700 });
    writeFileSync(join(root, 'work/notes'), 'mine');
    await expect(appendTo(join(root, 'work'))).rejects.toThrow('holds something else than a journal');
    expect(readdirSync(join(root, 'work'))).toEqual(['notes']);
  });
});

describe('a name of a stream', () => {
  it('can be made of whatever the three are called, and never of another', () => {
    expect(streamName('night', 'linux-5.9+early-cow', '1')).toBe('night/linux-5.9+early-cow/1');
    expect(streamParts(streamName('..', 'linux-5.9+./plugins/mine.mjs', ' '))).toHaveLength(3);
    const names = [['a/b', 'c', 'd'], ['a', 'b/c', 'd'], ['a%2fb', 'c', 'd']] as const;
    expect(new Set(names.map(([experiment, lane, run]) => streamName(experiment, lane, run))).size).toBe(3);
  });
});
