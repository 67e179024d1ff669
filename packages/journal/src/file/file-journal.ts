/**
 * The journal in a folder: experiment/lane/run below it, segments of chunks in there. Many may read, one may write a
 * stream.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { checkVersion } from '../chunk-check.ts';
import type { Appended, Chunk, Journal, SnapshotOptions, Stored, StreamCheck, StreamSummary,
  SubscribeOptions } from '../journal.ts';
import { JournalError, writeError } from '../journal-error.ts';
import { isPart, streamParts } from '../stream-name.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { dropFolder } from './drop-folder.ts';
import { acknowledged, writerOf } from './lock.ts';
import { checkStream } from './segment-check.ts';
import { SegmentCursor } from './segment-cursor.ts';
import { segmentName } from './segment-format.ts';
import { scanHead } from './segment-scan.ts';
import { writeSnapshot } from './snapshot-file.ts';
import { findFolder, findRoot, makeFolder, streamFiles } from './stream-folder.ts';
import { StreamWriter } from './stream-writer.ts';
import { lastAppend } from './tail.ts';

export interface FileJournalOptions {
  readonly disk?: Disk;
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** How often a subscriber looks for what another process appended. */
const LOOK_EVERY_MS = 10;

export class FileJournal implements Journal {
  readonly place: string;
  private readonly disk: Disk;
  private readonly segmentBytes: number;
  private readonly writers = new Map<string, Promise<StreamWriter>>();
  private readonly live = new Map<string, StreamWriter>();
  private readonly waiting = new Set<() => void>();
  private readonly closing = new AbortController();

  constructor(root: string, { disk = nodeDisk, segmentBytes = SEGMENT_BYTES }: FileJournalOptions = {}) {
    this.place = resolve(root);
    this.disk = disk;
    this.segmentBytes = segmentBytes;
  }

  async append(stream: string, chunks: readonly Chunk[], expectedVersion: number): Promise<Appended> {
    const writer = await this.writer(stream);
    return writer.append(chunks, expectedVersion);
  }

  async *read(stream: string, from: number | 'snapshot' = 0): AsyncGenerator<Stored, void, undefined> {
    this.checkOpen();
    const cursor = await this.cursor(stream, from);
    if (cursor === null) return;
    try {
      yield* cursor.rest();
    } finally {
      await cursor.close();
    }
  }

  async snapshot(
    stream: string,
    version: number,
    bytes: Uint8Array,
    { compact = false }: SnapshotOptions = {},
  ): Promise<void> {
    checkVersion(stream, version);
    const writer = compact ? await this.writer(stream) : null;
    const folder = await findFolder(this.disk, this.place, streamParts(stream));
    const head = folder === null ? 0 : (writer?.version ?? (await this.head(stream, folder)));
    if (folder === null || version > head)
      throw new JournalError('bad-append', `${stream}: a snapshot at ${version} of ${head} events`,
        'append the events first');
    try {
      await writeSnapshot(this.disk, folder, version, bytes);
      await writer?.compact(version);
    } catch (error) {
      throw writeError(folder, error);
    }
  }

  async *subscribe(
    stream: string,
    from = 0,
    { signal }: SubscribeOptions = {},
  ): AsyncGenerator<Stored, void, undefined> {
    this.checkOpen();
    const ends = signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]);
    let cursor: SegmentCursor | null = null;
    try {
      while (!ends.aborted) {
        cursor ??= await this.cursor(stream, from);
        if (cursor !== null) {
          for await (const item of cursor.rest()) {
            if (ends.aborted) return;
            yield item;
          }
        }
        await this.more(ends);
      }
    } finally {
      await cursor?.close();
    }
  }

  async list(prefix = ''): Promise<readonly StreamSummary[]> {
    this.checkOpen();
    const streams: StreamSummary[] = [];
    for (const stream of await this.names(prefix)) {
      const folder = join(this.place, stream);
      const version = await this.head(stream, folder);
      const writer = await writerOf(this.disk, folder);
      if (version > 0) streams.push({ stream, version, ...(writer !== null && { writer }) });
    }
    return streams;
  }

  private async names(prefix: string): Promise<string[]> {
    if (!(await findRoot(this.disk, this.place))) return [];
    let names: string[] = [''];
    for (let depth = 0; depth < 3; depth++) {
      const deeper: string[] = [];
      for (const name of names) {
        for (const [part, kind] of (await this.disk.list(join(this.place, name))) ?? []) {
          if (kind !== 'folder' || !isPart(part)) continue;
          const next = name === '' ? part : `${name}/${part}`;
          if (depth < 2 ? next.startsWith(prefix) || prefix.startsWith(`${next}/`) : next.startsWith(prefix))
            deeper.push(next);
        }
      }
      names = deeper;
    }
    return names.sort();
  }

  async *verify(prefix = ''): AsyncGenerator<StreamCheck, void, undefined> {
    this.checkOpen();
    for (const stream of await this.names(prefix)) {
      const check = await checkStream(this.disk, join(this.place, stream), stream);
      if (check !== null) yield check;
    }
  }

  async drop(stream: string): Promise<boolean> {
    this.checkOpen();
    const parts = streamParts(stream);
    if ((await findFolder(this.disk, this.place, parts)) === null) return false;
    const own = await this.writers.get(stream)?.catch(() => null);
    this.writers.delete(stream);
    this.live.delete(stream);
    try {
      await own?.close();
      // There already: this looks whose the folders are.
      return await dropFolder(this.disk, await makeFolder(this.disk, this.place, parts), stream);
    } catch (error) {
      throw writeError(join(this.place, ...parts), error);
    }
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    const writers = [...this.writers.values()];
    this.writers.clear();
    this.live.clear();
    for (const writer of writers) {
      const opened = await writer.catch(() => null);
      await opened?.close();
    }
  }

  private async cursor(stream: string, from: number | 'snapshot'): Promise<SegmentCursor | null> {
    if (from !== 'snapshot') checkVersion(stream, from);
    const folder = await findFolder(this.disk, this.place, streamParts(stream));
    if (folder === null) return null;
    return new SegmentCursor({ disk: this.disk, folder, stream, known: () => this.live.get(stream)?.version }, from);
  }

  /** The version of a stream, from its newest segment alone. */
  private async head(stream: string, folder: string): Promise<number> {
    const known = this.live.get(stream)?.version;
    if (known !== undefined) return known;
    const limit = await acknowledged(this.disk, folder);
    const files = await streamFiles(this.disk, folder);
    for (const first of files?.segments.toReversed() ?? []) {
      const path = join(folder, segmentName(first));
      const file = await this.disk.open(path, 'read');
      try {
        const head = await scanHead(file, first);
        if (head.kind !== 'start') continue;
        const { version } = await lastAppend(path, file, head.format, head.offset, first);
        return Math.min(version, limit);
      } finally {
        await file.close();
      }
    }
    return files?.snapshots.at(-1) ?? 0;
  }

  private async writer(stream: string): Promise<StreamWriter> {
    this.checkOpen();
    const there = await this.writers.get(stream);
    if (there?.isUsable === true) return there;
    const opening = this.writers.get(stream);
    if (there !== undefined && opening !== undefined && (await opening) === there) {
      this.writers.set(stream, this.openWriter(stream, there));
    } else if (opening === undefined) this.writers.set(stream, this.openWriter(stream, null));
    const opened = this.writers.get(stream);
    if (opened === undefined) throw this.closed();
    return opened;
  }

  private async openWriter(stream: string, broken: StreamWriter | null): Promise<StreamWriter> {
    const parts = streamParts(stream);
    try {
      this.live.delete(stream);
      await broken?.close();
      const folder = await makeFolder(this.disk, this.place, parts);
      const writer = await StreamWriter.open({ disk: this.disk, folder, stream, segmentBytes: this.segmentBytes,
        appended: () => this.wake() });
      this.live.set(stream, writer);
      return writer;
    } catch (error) {
      this.writers.delete(stream);
      throw writeError(join(this.place, ...parts), error);
    }
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
  }

  /** Until somebody here appended, or it is time to look whether somebody elsewhere did. */
  private async more(ends: AbortSignal): Promise<void> {
    const looks = new AbortController();
    const woken = new Promise<void>((done) => {
      this.waiting.add(done);
      looks.signal.addEventListener('abort', () => this.waiting.delete(done));
    });
    const signal = AbortSignal.any([ends, looks.signal]);
    await Promise.race([woken, sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)]);
    looks.abort();
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted) throw this.closed();
  }

  private closed(): JournalError {
    return new JournalError('closed', `${this.place}: the journal is closed`, 'open it again');
  }
}
