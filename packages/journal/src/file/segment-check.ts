/** Walks all that a stream consists of, says each place that is damaged, and goes on behind it where it can. */

import { join } from 'node:path';
import type { Damage, StreamCheck } from '../journal.ts';
import { isJournalError } from '../journal-error.ts';
import type { Disk, DiskFile } from './disk.ts';
import { acknowledged, writerOf } from './lock.ts';
import { decodeRecordHeader, RECORD_END_BYTES, RECORD_HEADER_BYTES, segmentName,
  snapshotName } from './segment-format.ts';
import { BlockReader, scanHead, scanRecord } from './segment-scan.ts';
import { readSnapshot } from './snapshot-file.ts';
import { type StreamFiles, streamFiles } from './stream-folder.ts';

export const FROM_A_COPY = 'take the file from a copy, or read what comes before it';
/** A writer that is at work can leave bytes that look damaged for the length of a system call. */
const LOOKS = 3;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** null when the folder holds nothing of a stream. */
export async function checkStream(disk: Disk, folder: string, stream: string): Promise<StreamCheck | null> {
  for (let look = 1;; look++) {
    const files = await streamFiles(disk, folder);
    if (files === null || files.segments.length + files.snapshots.length === 0) return null;
    const check = await new SegmentCheck(disk, folder, files).run(stream, await acknowledged(disk, folder));
    if (check.damages.length === 0 || look === LOOKS || (await writerOf(disk, folder)) === null) return check;
    await pause(10);
  }
}

class SegmentCheck {
  private readonly damages: Damage[] = [];
  private chunks = 0;
  private bytes = 0;

  constructor(private readonly disk: Disk, private readonly folder: string, private readonly files: StreamFiles) {}

  async run(stream: string, limit: number): Promise<StreamCheck> {
    const { segments, snapshots } = this.files;
    const newest = snapshots.at(-1) ?? 0;
    let version = newest;
    if (segments.length > 0 && segments[0] > newest)
      this.say(join(this.folder, segmentName(newest)), 0, newest,
        `the segment with events ${newest} to ${segments[0] - 1} is missing`);
    for (const [at, first] of segments.entries()) {
      version = await this.segment(first, segments.at(at + 1) ?? null);
    }
    if (limit !== Infinity && version < limit && this.damages.length === 0)
      this.say(join(this.folder, segmentName(segments.at(-1) ?? 0)), 0, version,
        `events ${version} to ${limit - 1} were acknowledged and are missing`);
    for (const at of snapshots) await this.snapshot(at);
    return { stream, version: Math.min(version, this.damages[0]?.version ?? Infinity), chunks: this.chunks,
      snapshots: snapshots.length, bytes: this.bytes, damages: this.damages };
  }

  /** How far it goes. `next`: where the segment behind it begins; null where there is none. */
  private async segment(first: number, next: number | null): Promise<number> {
    const path = join(this.folder, segmentName(first));
    let file: DiskFile;
    try {
      file = await this.disk.open(path, 'read');
    } catch (error) {
      this.say(path, 0, first, `it cannot be opened (${error instanceof Error ? error.message : String(error)})`);
      return first;
    }
    try {
      const head = await scanHead(file, first);
      if (head.kind === 'start') return await this.records(path, file, head.format, head.offset, first, next);
      if (head.kind === 'newer') this.say(path, 0, first, `format ${head.format} of a newer cowlab`);
      else if (head.kind === 'damaged') this.say(path, head.offset, first, head.what);
      // The newest may have been cut off while it was made.
      else if (next !== null) this.say(path, 0, first, 'the segment is cut short');
      return first;
    } finally {
      await file.close();
    }
  }

  private async records(
    path: string,
    file: DiskFile,
    format: number,
    from: number,
    first: number,
    next: number | null,
  ): Promise<number> {
    const blocks = new BlockReader(file);
    let [offset, version] = [from, first];
    /** Behind the last append that is there as a whole. */
    let whole = first;
    for (;;) {
      const found = await scanRecord(blocks, format, offset, version);
      if (found.kind === 'record') {
        this.chunks++;
        this.bytes += found.bytes.length;
        offset = found.end;
        version += found.nr;
        if (!found.more) whole = version;
        continue;
      }
      if (found.kind === 'damaged') {
        this.say(path, found.offset, version, found.what);
        const header = format === 0 ? null : decodeRecordHeader(await blocks.at(offset, RECORD_HEADER_BYTES));
        // Without a head that can be trusted nobody knows where the next chunk begins.
        if (header === null || header.version !== version) return next ?? whole;
        offset += RECORD_HEADER_BYTES + header.length + RECORD_END_BYTES;
        version += header.nr;
        whole = version;
        continue;
      }
      if (next !== null && (found.kind === 'torn' || version !== next))
        this.say(path, found.offset, version, version < next
          ? `events ${version} to ${next - 1} are missing`
          : 'the segment is cut short');
      return whole;
    }
  }

  private async snapshot(version: number): Promise<void> {
    const path = join(this.folder, snapshotName(version));
    try {
      await readSnapshot(this.disk, path, version);
    } catch (error) {
      if (!isJournalError(error)) throw error;
      this.damages.push({ version, where: path,
        what: error.message.replace(`; ${error.hint}`, '').replace(/^.*?: /, ''), mend: error.hint });
    }
  }

  private say(path: string, offset: number, version: number, what: string): void {
    this.damages.push({ version, where: `${path}:${offset}`, what, mend: FROM_A_COPY });
  }
}
