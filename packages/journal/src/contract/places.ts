/** The stores that this package comes with, each in a scratch place of its own. */

import type { PGlite } from '@electric-sql/pglite';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { FileJournal } from '../file/file-journal.ts';
import type { Journal } from '../journal.ts';
import { LibsqlStore } from '../libsql/libsql-store.ts';
import { openJournal } from '../open.ts';
import { PgliteStore } from '../postgres/pglite-store.ts';
import { SqlJournal } from '../sql/sql-journal.ts';
import type { Place, Starving, Store } from './law.ts';
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
        ...flippableIn(root, async (copy) => new FileJournal(copy, { segmentBytes: SEGMENT_BYTES })),
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
      const root = join(scratch(folder), 'journal');
      fs.mkdirSync(root, { mode: 0o700 });
      const file = join(root, 'journal.db');
      const openIn = async (folder: string): Promise<Journal> =>
        SqlJournal.open(await LibsqlStore.open(join(folder, 'journal.db')));
      const open = (): Promise<Journal> => openIn(root);
      return {
        address: `libsql:${file}`,
        manyWriters: true,
        open,
        starve: async (nth) => starvedLibsql(file, open, nth),
        ...flippableIn(root, openIn),
        remove: async () => fs.rmSync(join(root, '..'), { recursive: true }),
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
    verify: (prefix) => journal.verify(prefix),
    drop: (stream) => journal.drop(stream),
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

/** The bytes of all files below a folder, one after the other, but not what SQLite keeps beside them for the moment. */
function flippableIn(
  root: string,
  open: (root: string) => Promise<Journal>,
): Pick<Required<Place>, 'bytes' | 'flipped'> {
  const files = (): string[] =>
    fs.readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm')).map((entry) =>
        relative(root, join(entry.parentPath, entry.name))
      ).sort();
  return {
    bytes: async () => files().reduce((bytes, file) => bytes + fs.statSync(join(root, file)).size, 0),
    flipped: async (byte, bit) => {
      const copy = `${root}-flipped-${byte}`;
      let at = byte;
      for (const file of files()) {
        const bytes = fs.readFileSync(join(root, file));
        if (at >= 0 && at < bytes.length) bytes[at] ^= 1 << bit;
        at -= bytes.length;
        fs.mkdirSync(dirname(join(copy, file)), { recursive: true, mode: 0o700 });
        fs.writeFileSync(join(copy, file), bytes, { mode: 0o600 });
      }
      return { open: () => open(copy), remove: async () => fs.rmSync(copy, { recursive: true }) };
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
      const open = (): Promise<Journal> => openJournal(address);
      return {
        address,
        manyWriters: true,
        open,
        ...flippableRows(schema, ask, open),
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
      const open = (): Promise<Journal> => SqlJournal.open(new PgliteStore('pglite:memory://', database, false));
      return {
        address: null,
        manyWriters: true,
        open,
        ...flippableRows(schema, ask, open),
        remove: () => ask(`DROP SCHEMA ${schema} CASCADE`),
      };
    },
  };
}

const KILLED =
  'a writer that is killed at any moment loses nothing that was acknowledged, and nobody reads half an append';
const TWO = "two processes never write into each other, and a dead one is in nobody's way";
const FULL =
  'a full disk at any write refuses the append, keeps what was acknowledged, and takes more when there is room';
/** A row of the flip law's chunks has at least so many bytes. */
const ROW_BYTES = 16;

/** Bytes of the rows: the server sees to its own files. What is a copy elsewhere is put back here. */
function flippableRows(
  schema: string,
  ask: (sql: string) => Promise<void>,
  open: () => Promise<Journal>,
): Pick<Required<Place>, 'bytes' | 'flipped'> {
  const tables = ['cowlab_chunks', 'cowlab_heads'].map((table) => `${schema}.${table}`);
  return {
    bytes: async () => 5 * ROW_BYTES,
    flipped: async (byte, bit) => {
      const which = `FROM ${schema}.cowlab_chunks ORDER BY stream, version OFFSET ${
        Math.floor(byte / ROW_BYTES)
      } LIMIT 1`;
      const at = (byte % ROW_BYTES) * 8 + bit;
      await ask(tables.map((table) => `CREATE TABLE ${table}_kept AS SELECT * FROM ${table};`).join(' '));
      await ask(
        `UPDATE ${schema}.cowlab_chunks SET bytes = set_bit(bytes, ${at}, 1 - get_bit(bytes, ${at})) WHERE `
          + `(stream, version) = (SELECT stream, version ${which})`,
      );
      return {
        open,
        remove: () =>
          ask(
            tables.map((table) =>
              `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM ${table}_kept; DROP TABLE ${table}_kept;`
            ).join(' '),
          ),
      };
    },
  };
}
