/**
 * One writer per stream, over processes. The lock is a file that appears whole (linked from a temporary one) and
 * names its
 * owner. Whoever finds a dead owner first takes a lock that is named for that very taking, then looks again and
 * replaces
 * it: two can never both believe that they took over, and one that dies halfway is taken over by the same rule.
 *
 * The file also tells readers how far the stream is acknowledged, so that nobody sees what may yet be withdrawn.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { errnoOf, JournalError } from '../journal-error.ts';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { isAlive, isThere, ourselves, type Owner } from './owner.ts';

const LOCK = 'lock';
const DIGITS = 16;
const MARK_BYTES = 2 * (DIGITS + 1);
const LOCK_BYTES_MAX = 4096;

export interface HeldLock {
  /** Tell readers that the stream is acknowledged up to `version`. */
  acknowledge(version: number): Promise<void>;
  release(): Promise<void>;
  /** Its file is elsewhere now, or gone. */
  forget(): Promise<void>;
}

export async function takeLock(disk: Disk, folder: string, stream: string): Promise<HeldLock> {
  const taken = await take(disk, folder, LOCK);
  if ('by' in taken) throw locked(folder, stream, taken.by);
  const { file } = taken;
  return {
    async acknowledge(version) {
      const digits = String(version).padStart(DIGITS, '0');
      // Twice, so that a reader that looks while it is written notices.
      await writeAll(file, Buffer.from(`${digits} ${digits}\n`, 'latin1'), 0);
    },
    async release() {
      await file.close();
      await disk.unlink(join(folder, LOCK));
    },
    forget: () => file.close(),
  };
}

/** How far readers may go: as far as there are whole records when nobody writes. */
export async function acknowledged(disk: Disk, folder: string): Promise<number> {
  for (let tries = 0; tries < 5; tries++) {
    const text = await textOf(disk, join(folder, LOCK));
    const owner = text === null ? null : ownerIn(text);
    if (text === null || owner === null || isAlive(owner) === false) return Infinity;
    const [a, b] = [text.slice(0, DIGITS), text.slice(DIGITS + 1, MARK_BYTES - 1)];
    // A writer that has just begun has not looked yet how far it is.
    if (a.startsWith('-')) return Infinity;
    if (a === b) return Number(a);
  }
  return 0;
}

/** The process that writes the stream, as far as can be seen from here. */
export async function writerOf(disk: Disk, folder: string): Promise<number | null> {
  const text = await textOf(disk, join(folder, LOCK));
  const owner = text === null ? null : ownerIn(text);
  return owner === null || isAlive(owner) === false ? null : owner.pid;
}

/** What dead processes left behind while they waited. Only for who holds the lock: then none of it can be of use. */
export async function sweepLocks(disk: Disk, folder: string, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const [, pid] = /^lock-(?:(\d+)-)?[0-9a-f]{18}\.(?:draft|turn)$/.exec(name) ?? [];
    if (pid === undefined && !name.endsWith('.turn')) continue;
    const text = await textOf(disk, join(folder, name));
    const owner = text === null ? null : ownerIn(text);
    // One that ended before it wrote who it is has told its number at least.
    const isLeft = owner === null ? pid !== undefined && !isThere(Number(pid)) : isAlive(owner) === false;
    if (isLeft) await disk.unlink(join(folder, name)).catch(() => undefined);
  }
}

async function take(
  disk: Disk,
  folder: string,
  name: string,
): Promise<{ readonly file: DiskFile } | { readonly by: Owner | null }> {
  const path = join(folder, name);
  const nonce = randomBytes(9).toString('hex');
  const draft = join(folder, `lock-${process.pid}-${nonce}.draft`);
  const file = await disk.open(draft, 'create');
  let kept = false;
  try {
    await writeAll(file,
      Buffer.from(`${'-'.repeat(DIGITS)} ${'-'.repeat(DIGITS)}\n${JSON.stringify(ourselves(nonce))}\n`), 0);
    for (let tries = 0; tries < 100; tries++) {
      if (await linked(disk, draft, path)) {
        kept = true;
        return { file };
      }
      const text = await textOf(disk, path);
      if (text === null) continue;
      const owner = ownerIn(text);
      if (owner === null || isAlive(owner) !== false) return { by: owner };
      const turn = await take(disk, folder, `lock-${owner.nonce}.turn`);
      if ('by' in turn) return turn;
      try {
        const now = await textOf(disk, path);
        if (now !== text) continue;
        await disk.rename(draft, path);
        kept = true;
        return { file };
      } finally {
        await turn.file.close();
        await disk.unlink(join(folder, `lock-${owner.nonce}.turn`));
      }
    }
    return { by: null };
  } finally {
    if (!kept) await file.close();
    // After a link the draft is a second name; after a rename it is gone.
    await disk.unlink(draft).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}

async function linked(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function textOf(disk: Disk, path: string): Promise<string | null> {
  let file: DiskFile;
  try {
    file = await disk.open(path, 'read');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(LOCK_BYTES_MAX);
    return bytes.toString('utf8', 0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

function ownerIn(text: string): Owner | null {
  try {
    const owner = JSON.parse(text.slice(MARK_BYTES)) as Partial<Owner> | null;
    const strings = [owner?.start, owner?.boot, owner?.pidns, owner?.host];
    // The nonce becomes part of a name.
    const whole = Number.isSafeInteger(owner?.pid) && strings.every((field) => typeof field === 'string')
      && /^[0-9a-f]{18}$/.test(owner?.nonce ?? '');
    return whole ? (owner as Owner) : null;
  } catch {
    return null;
  }
}

function locked(folder: string, stream: string, owner: Owner | null): JournalError {
  const hint = 'wait until it ends, or use a libsql: or postgres: journal, which many may write to';
  if (owner === null)
    return new JournalError('locked', `${stream}: ${join(folder, LOCK)} is no lock of a journal`,
      'remove it if nobody writes to this stream');
  if (isAlive(owner) !== 'unknown')
    return new JournalError('locked', `${stream}: process ${owner.pid} writes to it`, hint);
  return new JournalError('locked',
    `${stream}: process ${owner.pid} on ${owner.host} writes to it, which cannot be seen from here`,
    `${hint}; if it is gone, remove ${join(folder, LOCK)}`);
}
