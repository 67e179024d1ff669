/**
 * Walks over the segments of a stream and gives what is acknowledged, in flat memory. It can stand at the end and go on
 * when there is more, which is what subscriptions do; segments may be dropped while it walks.
 */

import { join } from 'node:path';
import type { Stored, StoredSnapshot } from '../journal.ts';
import { errnoOf, JournalError } from '../journal-error.ts';
import type { Disk, DiskFile } from './disk.ts';
import { acknowledged } from './lock.ts';
import { segmentName, snapshotName } from './segment-format.ts';
import { BlockReader, scanHead, scanRecord, type ScannedRecord } from './segment-scan.ts';
import { readSnapshot } from './snapshot-file.ts';
import { streamFiles } from './stream-folder.ts';

interface OpenSegment {
  readonly file: DiskFile;
  readonly first: number;
  readonly format: number;
  /** Of the first record that was not given yet. */
  offset: number;
}

export interface CursorSource {
  readonly disk: Disk;
  readonly folder: string;
  readonly stream: string;
  /** How far this process has acknowledged the stream itself; undefined when it does not write it. */
  known(): number | undefined;
}

/** A writer that is at work can leave bytes that look damaged for the length of a system call. */
const LOOKS = 3;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class SegmentCursor {
  private segment: OpenSegment | null = null;
  /** Of the next record. */
  private version = 0;
  private begun = false;
  /** Chunks before this event are passed over: the segment began before what is wanted. */
  private skipTo = 0;
  private lastEnd = -1;

  /** `from` is the event that is wanted first, or where the newest snapshot is. */
  constructor(private readonly source: CursorSource, private readonly from: number | 'snapshot') {}

  /** Everything that is acknowledged and was not given yet. */
  async *rest(): AsyncGenerator<Stored, void, undefined> {
    const { disk, folder, known } = this.source;
    const limit = known() ?? (await acknowledged(disk, folder));
    if (!this.begun) {
      const snapshot = await this.begin();
      if (!this.begun) return;
      if (snapshot !== null) yield snapshot;
    }
    for (;;) {
      if (this.segment === null && !(await this.openAt(this.version))) {
        const snapshot = await this.overtaken();
        if (snapshot === null) return;
        yield snapshot;
        continue;
      }
      yield* this.segmentRest(limit);
      if (this.version >= limit || !(await this.goOn())) return;
    }
  }

  async close(): Promise<void> {
    const { segment } = this;
    this.segment = null;
    await segment?.file.close();
  }

  /** Of the next event, as far as this cursor has come. */
  get head(): number {
    return this.version;
  }

  /** Chooses the segment to begin in. A snapshot is the answer when it was asked for, or when the event was dropped. */
  private async begin(): Promise<StoredSnapshot | null> {
    const { disk, folder } = this.source;
    const files = await streamFiles(disk, folder);
    if (files === null || files.segments.length === 0) return null;
    const newest = files.snapshots.at(-1);
    const oldest = files.segments[0];
    const dropped = this.from !== 'snapshot' && this.from < oldest;
    let snapshot: StoredSnapshot | null = null;
    if (newest !== undefined && (this.from === 'snapshot' || dropped)) snapshot = await this.snapshotAt(newest);
    else if (dropped) throw this.missing(this.from, oldest);
    const wanted = snapshot?.version ?? (this.from === 'snapshot' ? 0 : this.from);
    const first = files.segments.findLast((version) => version <= wanted);
    if (first === undefined) throw this.missing(wanted, oldest);
    this.version = first;
    this.begun = await this.openAt(first);
    if (this.begun) this.skipTo = wanted;
    return snapshot;
  }

  private async openAt(first: number): Promise<boolean> {
    const { disk, folder } = this.source;
    const path = join(folder, segmentName(first));
    let file: DiskFile;
    try {
      file = await disk.open(path, 'read');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
    let head = await scanHead(file, first);
    for (let look = 1; head.kind === 'damaged' && look < LOOKS; look++) {
      await pause(5);
      head = await scanHead(file, first);
    }
    if (head.kind === 'start') {
      this.segment = { file, first, format: head.format, offset: head.offset };
      return true;
    }
    await file.close();
    // Its writer is making it, or was cut off then; only the newest can be such.
    if (head.kind === 'torn' && !(await this.hasLater(first))) return false;
    if (head.kind === 'newer')
      throw new JournalError('unknown-format', `${path}: format ${head.format} of a newer cowlab`,
        'read it with the cowlab that wrote it');
    throw damaged(path, head.offset, head.kind === 'damaged' ? head.what : 'the segment is cut short');
  }

  private async *segmentRest(limit: number): AsyncGenerator<Stored, void, undefined> {
    const { segment } = this;
    if (segment === null) return;
    let blocks = new BlockReader(segment.file);
    /** Chunks of one append are given together: without its last one the append does not count. */
    let batch: ScannedRecord[] = [];
    let { offset } = segment;
    let { version } = this;
    let looks = 0;
    while (version < limit) {
      const found = await scanRecord(blocks, segment.format, offset, version);
      if (found.kind === 'damaged' && ++looks < LOOKS) {
        await pause(5);
        blocks = new BlockReader(segment.file);
        continue;
      }
      if (found.kind === 'damaged')
        throw damaged(join(this.source.folder, segmentName(segment.first)), found.offset, found.what);
      if (found.kind !== 'record') break;
      batch.push(found);
      offset = found.end;
      version += found.nr;
      if (found.more) continue;
      // Before it is given: whoever takes it may not come back for more.
      segment.offset = offset;
      this.version = version;
      for (const { version: at, nr, bytes } of batch)
        if (at + nr > this.skipTo) yield { kind: 'chunk', version: at, nr, bytes };
      batch = [];
    }
  }

  /** To the segment behind this one, if this one is complete. */
  private async goOn(): Promise<boolean> {
    const { segment, version } = this;
    if (segment === null) return false;
    const path = join(this.source.folder, segmentName(segment.first));
    if (!(await this.hasLater(segment.first))) return false;
    // Complete before there is a next one; it may have grown since it was read.
    const found = await scanRecord(new BlockReader(segment.file), segment.format, segment.offset, version);
    if (found.kind === 'record' && this.lastEnd !== version) {
      this.lastEnd = version;
      return true;
    }
    if (found.kind === 'torn' || found.kind === 'record')
      throw damaged(path, segment.offset, 'the segment is cut short');
    if (found.kind === 'damaged') throw damaged(path, found.offset, found.what);
    if (version === segment.first) return false;
    await this.close();
    return true;
  }

  private async hasLater(first: number): Promise<boolean> {
    const files = await streamFiles(this.source.disk, this.source.folder);
    return (files?.segments.at(-1) ?? first) > first;
  }

  /** The next segment is not there. Either there is none yet, or it was dropped and a snapshot stands for it. */
  private async overtaken(): Promise<StoredSnapshot | null> {
    const files = await streamFiles(this.source.disk, this.source.folder);
    const later = files?.segments.find((first) => first > this.version);
    if (files === null || later === undefined) return null;
    const newest = files.snapshots.at(-1);
    if (newest === undefined || newest < this.version) throw this.missing(this.version, later);
    const first = files.segments.findLast((version) => version <= newest);
    if (first === undefined) throw this.missing(newest, later);
    this.version = first;
    this.skipTo = newest;
    return this.snapshotAt(newest);
  }

  private async snapshotAt(version: number): Promise<StoredSnapshot> {
    const path = join(this.source.folder, snapshotName(version));
    return { kind: 'snapshot', version, bytes: await readSnapshot(this.source.disk, path, version) };
  }

  private missing(version: number, later: number): JournalError {
    return damaged(join(this.source.folder, segmentName(version)), 0,
      `the segment with events ${version} to ${later - 1} is missing`);
  }
}

export function damaged(path: string, offset: number, what: string): JournalError {
  return new JournalError('damaged', `${path}:${offset}: ${what}`,
    'take the file from a copy, or read what comes before it');
}
