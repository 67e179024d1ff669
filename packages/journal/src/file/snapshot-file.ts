/** A snapshot is a segment of one record in a file of its own, complete before it has its name. */

import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { JournalError } from '../journal-error.ts';
import { encodeRecord, encodeSegmentHeader, recordBytes, snapshotName } from './segment-format.ts';
import { BlockReader, scanHead, scanRecord } from './segment-scan.ts';
import { writeAll } from './disk.ts';

export async function writeSnapshot(disk: Disk, folder: string, version: number, bytes: Uint8Array): Promise<void> {
  const head = encodeSegmentHeader(version);
  const whole = Buffer.alloc(head.length + recordBytes({ nr: 0, bytes }));
  head.copy(whole);
  encodeRecord(whole, head.length, { nr: 0, bytes }, version, false);
  await writeNamed(disk, join(folder, snapshotName(version)), whole);
}

/** A file that has its name only when all of it is on the disk. */
export async function writeNamed(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}-${randomBytes(6).toString('hex')}.draft`;
  let file: DiskFile | undefined;
  try {
    file = await disk.open(draft, 'create');
    await writeAll(file, bytes, 0);
    await file.sync();
    await disk.rename(draft, path);
    await disk.syncFolder(dirname(path));
  } catch (error) {
    await disk.unlink(draft).catch(() => undefined);
    throw error;
  } finally {
    await file?.close();
  }
}

export async function readSnapshot(disk: Disk, path: string, version: number): Promise<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    const head = await scanHead(file, version);
    if (head.kind === 'newer')
      throw new JournalError('unknown-format', `${path}: format ${head.format} of a newer cowlab`,
        'read it with the cowlab that wrote it');
    const found = head.kind === 'start'
      ? await scanRecord(new BlockReader(file), head.format, head.offset, version)
      : head;
    if (found.kind === 'record') return found.bytes;
    const what = found.kind === 'damaged' ? found.what : 'the snapshot is cut short';
    throw new JournalError('damaged', `${path}:${found.offset}: ${what}`,
      'take it from a copy, or remove it if nothing before it was dropped');
  } finally {
    await file.close();
  }
}
