/** The stores that this package comes with, each in a scratch place of its own. */

import type { PGlite } from '@electric-sql/pglite';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileJournal } from '../file/file-journal.ts';
import type { Journal } from '../journal.ts';
import { LibsqlStore } from '../libsql/libsql-store.ts';
import { openJournal } from '../open.ts';
import { PgliteStore } from '../postgres/pglite-store.ts';
import { SqlJournal } from '../sql/sql-journal.ts';
import type { Place, Starving, Store } from './contract.ts';
import { StarvingDisk } from './starving-disk.ts';

/** Small segments, so that a few appends make several. */
const SEGMENT_BYTES = 4000;

function scratch(folder: string): string {
  return fs.mkdtempSync(join(folder, 'cowlab-journal-'));
}

/** `folder` is where its scratch folders go. */
export function fileStore(folder = tmpdir()): Store {
  return {
    name: 'file segments',
    place: async () => {
      const root = join(scratch(folder), 'journal');
      return {
        address: `file:${root}`,
        manyWriters: false,
        open: async () => new FileJournal(root, { segmentBytes: SEGMENT_BYTES }),
        starve: async (nth, mode) => {
          const disk = new StarvingDisk(nth, mode);
          const journal = new FileJournal(root, { disk, segmentBytes: SEGMENT_BYTES });
          return { journal, hit: () => disk.hit, relieve: async () => (disk.relieve(), journal) };
        },
        ...flippableIn(root),
        remove: async () => fs.rmSync(join(root, '..'), { recursive: true }),
      };
    },
  };
}

/** As it is used: segments of the usual length. For what is long. */
export function longFileStore(folder = tmpdir()): Store {
  const store = fileStore(folder);
  return { ...store, place: async () => {
    const place = await store.place();
    return { ...place, open: () => openJournal(place.address ?? '') };
  } };
}

export function libsqlStore(folder = tmpdir()): Store {
  return {
    name: 'libsql',
    place: async () => {
      const root = scratch(folder);
      const file = join(root, 'journal.db');
      const open = async (): Promise<Journal> => SqlJournal.open(await LibsqlStore.open(file));
      return {
        address: `libsql:${file}`,
        manyWriters: true,
        open,
        starve: async (nth) => starvedLibsql(file, open, nth),
        ...flippableIn(root),
        remove: async () => fs.rmSync(root, { recursive: true }),
      };
    },
  };
}

/** SQLite's own limit of pages: from there on it is full, at whatever it writes. */
async function starvedLibsql(file: string, open: () => Promise<Journal>, nth: number): Promise<Starving> {
  // Its tables are there before there is no more room.
  await (await open()).close();
  const pages = fs.statSync(file).size / 4096;
  const journal = await SqlJournal.open(await LibsqlStore.open(file, { pagesMax: pages + nth - 1 }));
  let wasHit = false;
  const noticing: Journal = {
    place: journal.place,
    read: (stream, from) => journal.read(stream, from),
    subscribe: (stream, from, options) => journal.subscribe(stream, from, options),
    list: (prefix) => journal.list(prefix),
    close: () => journal.close(),
    append: (stream, chunks, version) => journal.append(stream, chunks, version).catch(noticed),
    snapshot: (stream, version, bytes, options) => journal.snapshot(stream, version, bytes, options).catch(noticed),
  };
  function noticed(error: unknown): never {
    wasHit = true;
    throw error;
  }
  return {
    journal: noticing,
    hit: () => wasHit,
    relieve: async () => {
      await journal.close();
      return open();
    },
  };
}

/** The bytes of all files below a folder, one after the other. */
function flippableIn(root: string): Pick<Required<Place>, 'flippable' | 'flip'> {
  const files = (): string[] =>
    fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  const keep = (): ReadonlyMap<string, Buffer> => new Map(files().map((file) => [file, fs.readFileSync(file)]));
  return {
    flippable: async () => files().reduce((bytes, file) => bytes + fs.statSync(file).size, 0),
    flip: async (byte, bit) => {
      const kept = keep();
      let at = byte;
      for (const [file, bytes] of kept) {
        if (at < bytes.length) {
          const damaged = Buffer.from(bytes);
          damaged[at] ^= 1 << bit;
          fs.writeFileSync(file, damaged);
          break;
        }
        at -= bytes.length;
      }
      return async () => {
        for (const file of files()) if (!kept.has(file)) fs.unlinkSync(file);
        for (const [file, bytes] of kept) fs.writeFileSync(file, bytes, { mode: 0o600 });
      };
    },
  };
}

/** Each place is a schema of its own in the database at `url`. `manyWriters` when it is a server. */
export function postgresStore(name: string, url: string, ask: (sql: string) => Promise<void>): Store {
  return {
    name,
    untried: { [FULL]: 'the disk of a server cannot be filled from here' },
    place: async () => {
      const schema = `journal_${randomBytes(6).toString('hex')}`;
      await ask(`CREATE SCHEMA ${schema}`);
      const address = `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent(`-c search_path=${schema}`)}`;
      return {
        address,
        manyWriters: true,
        open: () => openJournal(address),
        ...flippableRows(schema, ask, ask),
        remove: () => ask(`DROP SCHEMA ${schema} CASCADE`),
      };
    },
  };
}

/** PostgreSQL in this process: one session, so the places follow each other. */
export function pgliteStore(database: PGlite): Store {
  const alone = 'the database is in this process alone';
  const ask = async (sql: string): Promise<void> => {
    await database.exec(sql);
  };
  return {
    name: 'PGlite',
    untried: { [FULL]: 'the disk of a database in memory cannot be filled', [KILLED]: alone, [TWO]: alone },
    place: async () => {
      const schema = `journal_${randomBytes(6).toString('hex')}`;
      await ask(`CREATE SCHEMA ${schema}; SET search_path = ${schema}`);
      return {
        address: null,
        manyWriters: true,
        open: () => SqlJournal.open(new PgliteStore('pglite:memory://', database, false)),
        ...flippableRows(schema, ask, ask),
        remove: () => ask(`DROP SCHEMA ${schema} CASCADE`),
      };
    },
  };
}

const KILLED = 'a writer that is killed at any moment loses nothing that was acknowledged, and nobody reads half an append';
const TWO = 'two processes never write into each other, and a dead one is in nobody\'s way';
const FULL = 'a full disk at any write refuses the append, keeps what was acknowledged, and takes more when there is room';
/** A row of the flip law's chunks has at least so many bytes. */
const ROW_BYTES = 16;

/** Bytes of the rows: the server sees to its own files. */
export function flippableRows(schema: string, ask: (sql: string) => Promise<void>, undo: (sql: string) => Promise<void>): Pick<Required<Place>, 'flippable' | 'flip'> {
  const flip = (byte: number, bit: number): string =>
    `UPDATE ${schema}.cowlab_chunks SET bytes = set_bit(bytes, ${(byte % ROW_BYTES) * 8 + bit}, 1 - get_bit(bytes, ${(byte % ROW_BYTES) * 8 + bit})) ` +
    `WHERE version = (SELECT version FROM ${schema}.cowlab_chunks ORDER BY stream, version OFFSET ${Math.floor(byte / ROW_BYTES)} LIMIT 1) ` +
    `AND stream = (SELECT stream FROM ${schema}.cowlab_chunks ORDER BY stream, version OFFSET ${Math.floor(byte / ROW_BYTES)} LIMIT 1)`;
  return {
    flippable: async () => 5 * ROW_BYTES,
    flip: async (byte, bit) => {
      await ask(`CREATE TABLE ${schema}.kept_chunks AS SELECT * FROM ${schema}.cowlab_chunks; CREATE TABLE ${schema}.kept_heads AS SELECT * FROM ${schema}.cowlab_heads`);
      await ask(flip(byte, bit));
      return () =>
        undo(`DELETE FROM ${schema}.cowlab_chunks; INSERT INTO ${schema}.cowlab_chunks SELECT * FROM ${schema}.kept_chunks; ` +
          `DELETE FROM ${schema}.cowlab_heads; INSERT INTO ${schema}.cowlab_heads SELECT * FROM ${schema}.kept_heads; ` +
          `DROP TABLE ${schema}.kept_chunks; DROP TABLE ${schema}.kept_heads`);
    },
  };
}
