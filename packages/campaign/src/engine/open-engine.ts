/**
 * An engine by its address. One process at a time may have a folder of PGlite open: the first one holds it and serves
 * it, those that come later join it; when it has died, the next one holds it.
 */
import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CampaignError } from '../campaign-error.ts';
import type { Database } from './database.ts';
import { JoinedDatabase } from './joined.ts';

/** What the folder holds beside the database. */
const HOLDER = 'holder.json';

export interface EngineSettings {
  /** Only look: a folder that is not there is not made. */
  readonly existing?: boolean;
}

/**
 * `postgres://…`, `pglite:FOLDER` (whole path), or `pglite:memory://` for one that is gone with the process.
 * @throws CampaignError
 */
export async function openEngine(address: string, { existing = false }: EngineSettings = {}): Promise<Database> {
  if (/^postgres(ql)?:/i.test(address)) return (await import('./postgres.ts')).PostgresDatabase.open(address);
  const [, folder = ''] = /^pglite:(.+)$/i.exec(address) ?? [];
  if (folder === '')
    throw new CampaignError(`--engine ${address}`, 'is no engine', 'give pglite, pglite:DIR or postgres://...');
  const { PgliteDatabase } = await import('./pglite.ts');
  if (folder.includes('://')) return PgliteDatabase.open(folder);
  if (existing && lstatSync(join(folder, 'data'), { throwIfNoEntry: false }) === undefined)
    throw new CampaignError(address, 'holds no campaign', 'begin one: cowlab campaign fuzz --seed 7');
  return holdOrJoin(folder, address);
}

interface Holder {
  readonly pid: number;
  /** When that process began, as the machine counts: a later process may have its number. */
  readonly began: string;
  readonly socket: string;
}

async function holdOrJoin(folder: string, address: string): Promise<Database> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, HOLDER);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const holder = holderIn(file);
    if (holder !== null && isAlive(holder)) {
      if (holder.socket !== '') return JoinedDatabase.open(holder.socket, address);
      // It is still opening it.
      await new Promise((later) => setTimeout(later, LOOK_AGAIN_MS));
      continue;
    }
    if (!takeOver(file, holder)) continue;
    return hold(folder, file);
  }
  throw new CampaignError(address, 'is being opened by another process for too long', `look who that is: ${file}`);
}

/** Opening PGlite takes seconds on a busy machine. */
const LOOK_AGAIN_MS = 100;
const TRIES_MAX = 1200;

async function hold(folder: string, file: string): Promise<Database> {
  const [{ PgliteDatabase }, { serve }] = await Promise.all([import('./pglite.ts'), import('./served.ts')]);
  try {
    const database = await PgliteDatabase.open(join(folder, 'data'));
    const served = await serve(database);
    const mine = `${file}.${process.pid}`;
    writeFileSync(mine, JSON.stringify(ourselves(served.socket)));
    renameSync(mine, file);
    return { place: `pglite:${folder}`, backend: 'pglite', query: (sql, values) => database.query(sql, values),
      transaction: (work) => database.transaction(work), close: async () => {
        await served.close();
        await database.close();
        rmSync(file, { force: true });
      } };
  } catch (cause) {
    rmSync(file, { force: true });
    throw cause;
  }
}

/** Of two that find a dead holder, or none, one gets it. */
function takeOver(file: string, dead: Holder | null): boolean {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(ourselves('')));
  try {
    if (dead !== null) {
      // Whoever moves the dead one's file away may take its place; for the others it is not there any more.
      const away = `${file}.of-${dead.pid}-${dead.began}`;
      renameSync(file, away);
      const moved = holderIn(away);
      rmSync(away, { force: true });
      if (moved?.pid !== dead.pid || moved.began !== dead.began) return false;
    }
    linkSync(mine, file);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function ourselves(socket: string): Holder {
  return { pid: process.pid, began: beganOf(process.pid), socket };
}

function isAlive({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return beganOf(pid) === began;
}

/** Field 22 of /proc/PID/stat; where there is no /proc the number must do. */
function beganOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function holderIn(file: string): Holder | null {
  try {
    const { pid, began, socket } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof began === 'string' && typeof socket === 'string'
      ? { pid, began, socket }
      : null;
  } catch {
    return null;
  }
}
