/**
 * The end of a stream. Its folder first gets a name that no stream can have, which is one step for the disk; only then
 * is it emptied, so that nobody ever finds half a stream.
 */

import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';
import { takeLock } from './lock.ts';

const DROPPED = '.dropped-';

/** @throws JournalError 'locked' when another process writes it */
export async function dropFolder(disk: Disk, folder: string, stream: string): Promise<boolean> {
  const lane = dirname(folder);
  const gone = join(lane, `${DROPPED}${randomBytes(9).toString('hex')}`);
  const lock = await takeLock(disk, folder, stream);
  try {
    await disk.rename(folder, gone);
  } catch (error) {
    await lock.release();
    throw error;
  }
  // The lock went along with the folder, and nobody looks for it there.
  await lock.forget();
  await disk.syncFolder(lane);
  // Also what a process left behind that was killed while it did this.
  for (const [name, kind] of (await disk.list(lane)) ?? [])
    if (kind === 'folder' && name.startsWith(DROPPED)) await empty(disk, join(lane, name));
  return true;
}

async function empty(disk: Disk, folder: string): Promise<void> {
  for (const [name] of (await disk.list(folder)) ?? []) await disk.unlink(join(folder, name)).catch(() => undefined);
  await disk.rmdir(folder).catch(() => undefined);
}
