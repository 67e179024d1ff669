/** Where a stream ends: found when it is opened for writing, and whatever a write left torn there is cut off. */

import { join } from 'node:path';
import { JournalError } from '../journal-error.ts';
import type { Disk, DiskFile } from './disk.ts';
import { damaged } from './segment-cursor.ts';
import { encodeRecord, encodeSegmentHeader, recordBytes, segmentName, SEGMENT_VERSION } from './segment-format.ts';
import { BlockReader, scanHead, scanRecord } from './segment-scan.ts';
import { writeNamed } from './snapshot-file.ts';
import { streamFiles } from './stream-folder.ts';

export interface Tail {
  /** The newest segment; null when the next append begins another one. */
  readonly file: DiskFile | null;
  readonly first: number;
  /** Behind the last acknowledged append. */
  readonly offset: number;
  readonly version: number;
}

/** Only for who holds the lock. */
export async function openTail(disk: Disk, folder: string): Promise<Tail> {
  const files = await streamFiles(disk, folder);
  const segments = [...(files?.segments ?? [])];
  for (let i = segments.length - 1; i >= 0; i--) {
    const first = segments[i];
    const path = join(folder, segmentName(first));
    const file = await disk.open(path, 'write');
    let kept = false;
    try {
      const head = await scanHead(file, first);
      if (head.kind === 'newer')
        throw new JournalError('unknown-format', `${path}: format ${head.format} of a newer cowlab`,
          'write to it with the cowlab that wrote it');
      if (head.kind === 'damaged') throw damaged(path, head.offset, head.what);
      if (head.kind !== 'start') {
        // Cut off while it was made: it held nothing. Only the newest can be such.
        if (i + 1 < segments.length) throw damaged(path, 0, 'the segment is cut short');
        await disk.unlink(path);
        segments.pop();
        continue;
      }
      const end = await lastAppend(path, file, head.format, head.offset, first);
      if (head.format < SEGMENT_VERSION) {
        await upgrade(disk, folder, segments);
        return { file: null, first, offset: 0, version: end.version };
      }
      if (end.offset < (await file.size())) {
        await file.truncate(end.offset);
        await file.sync();
      }
      kept = true;
      return { file, first, ...end };
    } finally {
      if (!kept) await file.close();
    }
  }
  const version = files?.snapshots.at(-1) ?? 0;
  return { file: null, first: version, offset: 0, version };
}

/** Behind the last append that is there as a whole. */
export async function lastAppend(
  path: string,
  file: DiskFile,
  format: number,
  from: number,
  first: number,
): Promise<{ readonly offset: number; readonly version: number }> {
  const blocks = new BlockReader(file);
  let whole = { offset: from, version: first };
  let { offset, version } = whole;
  for (;;) {
    const found = await scanRecord(blocks, format, offset, version);
    if (found.kind === 'damaged') throw damaged(path, found.offset, found.what);
    if (found.kind !== 'record') return whole;
    offset = found.end;
    version += found.nr;
    if (!found.more) whole = { offset, version };
  }
}

/** Segments of an older format are written anew, each replaced when the new one is on the disk. */
async function upgrade(disk: Disk, folder: string, segments: readonly number[]): Promise<void> {
  for (const first of segments) {
    const path = join(folder, segmentName(first));
    const file = await disk.open(path, 'read');
    try {
      const head = await scanHead(file, first);
      if (head.kind !== 'start' || head.format === SEGMENT_VERSION) continue;
      const parts = [encodeSegmentHeader(first)];
      const blocks = new BlockReader(file);
      let { offset } = head;
      let version = first;
      for (;;) {
        const found = await scanRecord(blocks, head.format, offset, version);
        if (found.kind === 'damaged') throw damaged(path, found.offset, found.what);
        if (found.kind !== 'record') break;
        const record = Buffer.alloc(recordBytes(found));
        encodeRecord(record, 0, found, version, false);
        parts.push(record);
        offset = found.end;
        version += found.nr;
      }
      await writeNamed(disk, path, Buffer.concat(parts));
    } finally {
      await file.close();
    }
  }
}
