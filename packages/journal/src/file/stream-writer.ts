/**
 * The one writer of a stream. Appends that arrive while the disk works go out together with the next sync (group
 * commit);
 * each is acknowledged after that, or the file is as long as it was before.
 */

import { join } from 'node:path';
import { chunkHash, conflict, countEvents, sameChunks } from '../chunk-check.ts';
import type { Appended, Chunk } from '../journal.ts';
import { JournalError, writeError } from '../journal-error.ts';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { type HeldLock, sweepLocks, takeLock } from './lock.ts';
import { encodeRecord, encodeSegmentHeader, recordBytes, segmentName, snapshotName } from './segment-format.ts';
import { SegmentCursor } from './segment-cursor.ts';
import { openTail, type Tail } from './tail.ts';
import { streamFiles } from './stream-folder.ts';

interface Asked {
  readonly chunks: readonly Chunk[];
  readonly expected: number;
  readonly nr: number;
  readonly bytes: number;
  resolve(result: Appended): void;
  reject(error: unknown): void;
}

export interface WriterOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly stream: string;
  /** A segment that is this long is left for a new one. */
  readonly segmentBytes: number;
  /** Called when there is more to read. */
  readonly appended: () => void;
}

/** Answered appends are forgotten now and then, not one by one. */
const ASKED_KEPT_MAX = 1024;
/** At most so much goes out with one sync: whoever waits for the first of it should not wait for all. */
const COMMIT_BYTES_MAX = 8 * 1024 * 1024;

export class StreamWriter {
  private readonly asked: Asked[] = [];
  private at = 0;
  private working: Promise<void> | null = null;
  private failed = false;
  private room = Buffer.alloc(0);

  private constructor(private readonly options: WriterOptions, private readonly lock: HeldLock, private tail: Tail) {}

  static async open(options: WriterOptions): Promise<StreamWriter> {
    const { disk, folder, stream } = options;
    const lock = await takeLock(disk, folder, stream);
    let tail: Tail | undefined;
    try {
      tail = await openTail(disk, folder);
      await lock.acknowledge(tail.version);
      await sweepLocks(disk, folder, (await streamFiles(disk, folder))?.names ?? []);
      return new StreamWriter(options, lock, tail);
    } catch (error) {
      await tail?.file?.close();
      await lock.release();
      throw error;
    }
  }

  /** After a failure that left the file in doubt, nothing but opening it again tells what it holds. */
  get isUsable(): boolean {
    return !this.failed;
  }

  /** How far the stream is acknowledged. */
  get version(): number {
    return this.tail.version;
  }

  append(chunks: readonly Chunk[], expected: number): Promise<Appended> {
    const nr = countEvents(this.options.stream, chunks, expected);
    let bytes = 0;
    for (const chunk of chunks) bytes += recordBytes(chunk);
    return new Promise((resolve, reject) => {
      this.asked.push({ chunks, expected, nr, bytes, resolve, reject });
      this.working ??= this.work();
    });
  }

  /** Drop the segments that hold nothing from event `version` on, and the snapshots before the one that is there. */
  async compact(version: number): Promise<void> {
    await this.idle();
    const { disk, folder } = this.options;
    if (version === this.tail.version && this.tail.file !== null && version > this.tail.first) await this.roll();
    const files = await streamFiles(disk, folder);
    if (files === null) return;
    for (let i = 0; i + 1 < files.segments.length; i++) {
      if (files.segments[i + 1] <= version) await disk.unlink(join(folder, segmentName(files.segments[i])));
    }
    for (const snapshot of files.snapshots)
      if (snapshot < version) await disk.unlink(join(folder, snapshotName(snapshot)));
    await disk.syncFolder(folder);
  }

  async close(): Promise<void> {
    await this.idle();
    this.failed = true;
    await this.tail.file?.close();
    await this.lock.release();
  }

  private async idle(): Promise<void> {
    while (this.working !== null) await this.working;
  }

  private async work(): Promise<void> {
    // Appends that are asked for one after the other in the same turn belong together.
    await Promise.resolve();
    try {
      while (this.at < this.asked.length) await this.round();
    } finally {
      this.asked.length = 0;
      this.at = 0;
      this.working = null;
    }
  }

  /** One sync: what fits behind what there is; the rest is answered when it is known what there is then. */
  private async round(): Promise<void> {
    const batch: Asked[] = [];
    const disputed: Asked[] = [];
    let version = this.tail.version;
    let bytes = 0;
    for (; this.at < this.asked.length; this.at++) {
      const next = this.asked[this.at];
      if (batch.length > 0 && bytes + next.bytes > COMMIT_BYTES_MAX) break;
      if (next.expected !== version) {
        disputed.push(next);
        continue;
      }
      batch.push(next);
      version += next.nr;
      bytes += next.bytes;
    }
    if (this.at > ASKED_KEPT_MAX) {
      this.asked.splice(0, this.at);
      this.at = 0;
    }
    if (batch.length > 0) await this.commit(batch, bytes, version);
    for (const one of disputed) {
      if (one.expected === this.tail.version && !this.failed) this.asked.push(one);
      else await this.dispute(one).then(one.resolve, one.reject);
    }
  }

  private async commit(batch: readonly Asked[], bytes: number, version: number): Promise<void> {
    try {
      if (this.failed)
        throw new JournalError('unreachable', `${this.options.stream}: an earlier write failed`, 'append again');
      if (this.tail.file === null || this.tail.offset >= this.options.segmentBytes) await this.roll();
      await this.write(batch, bytes, version);
    } catch (error) {
      const told = writeError(join(this.options.folder, segmentName(this.tail.first)), error);
      for (const one of batch) one.reject(told);
      return;
    }
    let expected = batch[0].expected;
    // A reader that is not told now is told with the next append: what is acknowledged does not depend on it.
    await this.lock.acknowledge(version).catch(() => undefined);
    for (const one of batch) {
      expected += one.nr;
      one.resolve({ ok: true, version: expected, repeated: false });
    }
    this.options.appended();
  }

  private async write(batch: readonly Asked[], bytes: number, version: number): Promise<void> {
    const { file, offset } = this.tail;
    if (file === null) throw new Error('no segment is open');
    if (this.room.length < bytes)
      this.room = Buffer.allocUnsafeSlow(Math.max(bytes, 64 * 1024, Math.min(this.room.length * 2, COMMIT_BYTES_MAX)));
    let at = 0;
    for (const { chunks, expected } of batch) {
      let next = expected;
      for (let i = 0; i < chunks.length; i++) {
        at = encodeRecord(this.room, at, chunks[i], next, i + 1 < chunks.length);
        next += chunks[i].nr;
      }
    }
    try {
      await writeAll(file, this.room.subarray(0, at), offset);
      await file.sync();
    } catch (error) {
      await this.withdraw(file, offset);
      throw error;
    }
    this.tail = { ...this.tail, offset: offset + at, version };
    if (this.room.length > COMMIT_BYTES_MAX) this.room = Buffer.alloc(0);
  }

  /** As if it had never been written. Where that fails too, the next append opens the file anew and cuts it there. */
  private async withdraw(file: DiskFile, offset: number): Promise<void> {
    try {
      await file.truncate(offset);
    } catch {
      this.failed = true;
    }
  }

  /** A new segment, and its name, are on the disk before anything goes into it. */
  private async roll(): Promise<void> {
    const { disk, folder } = this.options;
    const { version } = this.tail;
    const path = join(folder, segmentName(version));
    const header = encodeSegmentHeader(version);
    const file = await disk.open(path, 'create');
    try {
      await writeAll(file, header, 0);
      await file.sync();
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close();
      await disk.unlink(path).catch(() => {
        // It is in the way of the next try; opening the stream again clears it away.
        this.failed = true;
      });
      throw error;
    }
    await this.tail.file?.close();
    this.tail = { file, first: version, offset: header.length, version };
  }

  /** The stream is not at the version that was expected: it may be because this very append was carried out before. */
  private async dispute({ chunks, expected, nr }: Asked): Promise<Appended> {
    const { version } = this.tail;
    if (expected + nr > version) return conflict(this.options.stream, expected, version);
    const cursor = new SegmentCursor({ ...this.options, known: () => version }, expected);
    const stored: string[] = [];
    try {
      for await (const item of cursor.rest()) {
        if (item.kind !== 'chunk' || item.version < expected || item.version >= expected + nr) break;
        stored.push(chunkHash(item));
        if (item.version + item.nr >= expected + nr) break;
      }
    } finally {
      await cursor.close();
    }
    return sameChunks(chunks, stored)
      ? { ok: true, version: expected + nr, repeated: true }
      : conflict(this.options.stream, expected, version);
  }
}
