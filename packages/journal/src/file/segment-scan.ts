/**
 * Reading a segment record by record, and telling a torn tail from damage. Torn is what a write that was cut off
 * leaves:
 * bytes missing at the end, or blocks at the end that hold nothing. Anything else was changed after it was written.
 */

import { crc32 } from 'node:zlib';
import type { DiskFile } from './disk.ts';
import { decodeRecordHeader, decodeSegmentHeader, isWhole, OLD_RECORD_HEADER_BYTES, RECORD_END_BYTES,
  RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segment-format.ts';

export interface ScannedRecord {
  readonly kind: 'record';
  readonly version: number;
  readonly nr: number;
  readonly more: boolean;
  readonly bytes: Buffer;
  /** Of the byte behind it. */
  readonly end: number;
}

export type ScanEnd =
  | { readonly kind: 'end'; readonly offset: number }
  | { readonly kind: 'torn'; readonly offset: number }
  | { readonly kind: 'damaged'; readonly offset: number; readonly what: string };

const BLOCK_MIN = 16 * 1024;
const BLOCK_MAX = 1024 * 1024;
const SECTOR = 512;

/** Looks at a file through blocks that grow while it is read on. What it hands out stays as it was read. */
export class BlockReader {
  private block = Buffer.alloc(0);
  private start = 0;
  private next = BLOCK_MIN;

  constructor(private readonly file: DiskFile) {}

  /** The bytes from `offset` on, fewer than `nr` only where the file ends. */
  async at(offset: number, nr: number): Promise<Buffer> {
    const skip = offset - this.start;
    if (skip < 0 || skip + nr > this.block.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(nr, this.next));
      this.next = Math.min(this.next * 2, BLOCK_MAX);
      this.block = room.subarray(0, await this.fill(room, offset));
      this.start = offset;
      return this.block.subarray(0, nr);
    }
    return this.block.subarray(skip, skip + nr);
  }

  private async fill(room: Buffer, offset: number): Promise<number> {
    let filled = 0;
    while (filled < room.length) {
      const nr = await this.file.read(filled === 0 ? room : room.subarray(filled), offset + filled);
      if (nr === 0) break;
      filled += nr;
    }
    return filled;
  }
}

export interface SegmentStart {
  readonly kind: 'start';
  readonly format: number;
  readonly first: number;
  readonly offset: number;
}

/** The head of the segment that is named for `first`. */
export async function scanHead(
  file: DiskFile,
  first: number,
): Promise<SegmentStart | ScanEnd | { readonly kind: 'newer'; readonly format: number }> {
  const bytes = await new BlockReader(file).at(0, SEGMENT_HEADER_BYTES[SEGMENT_VERSION]);
  // One of version 0 may be shorter than the head of today.
  if (bytes.length < 16 || (bytes.length < 24 && bytes[7] !== 0) || bytes.every((byte) => byte === 0))
    return { kind: 'torn', offset: 0 };
  const head = decodeSegmentHeader(bytes);
  if (typeof head === 'string') return { kind: 'damaged', offset: 0, what: head };
  if (head.version > SEGMENT_VERSION) return { kind: 'newer', format: head.version };
  if (head.first !== first)
    return { kind: 'damaged', offset: 8, what: `the segment says that it begins at event ${head.first}` };
  return { kind: 'start', format: head.version, first, offset: SEGMENT_HEADER_BYTES[head.version] };
}

/** The record at `offset`, which must be the one that begins with event `version`. */
export async function scanRecord(
  blocks: BlockReader,
  format: number,
  offset: number,
  version: number,
): Promise<ScannedRecord | ScanEnd> {
  return format === 0 ? scanOldRecord(blocks, offset, version) : scanNewRecord(blocks, offset, version);
}

async function scanNewRecord(blocks: BlockReader, offset: number, version: number): Promise<ScannedRecord | ScanEnd> {
  const head = await blocks.at(offset, RECORD_HEADER_BYTES);
  if (head.length === 0) return { kind: 'end', offset };
  if (head.length < RECORD_HEADER_BYTES) return { kind: 'torn', offset };
  const header = decodeRecordHeader(head);
  if (header === null)
    return (await isEmptyFrom(blocks, offset))
      ? { kind: 'torn', offset }
      : { kind: 'damaged', offset, what: 'the head of a chunk is damaged' };
  if (header.version !== version)
    return { kind: 'damaged', offset, what: `event ${header.version} where event ${version} belongs` };
  const from = offset + RECORD_HEADER_BYTES;
  const body = await blocks.at(from, header.length + RECORD_END_BYTES);
  if (body.length < header.length + RECORD_END_BYTES) return { kind: 'torn', offset };
  const end = from + body.length;
  if (!isWhole(body, header.crc)) {
    const last = (await blocks.at(end, 1)).length === 0;
    const unwritten = body.readUInt32LE(header.length) === 0;
    return last && unwritten
      ? { kind: 'torn', offset }
      : { kind: 'damaged', offset, what: 'a chunk does not have the bytes it was written with' };
  }
  return { kind: 'record', version, nr: header.nr, more: header.more, bytes: body.subarray(0, header.length), end };
}

async function scanOldRecord(blocks: BlockReader, offset: number, version: number): Promise<ScannedRecord | ScanEnd> {
  const head = await blocks.at(offset, OLD_RECORD_HEADER_BYTES);
  if (head.length === 0) return { kind: 'end', offset };
  if (head.length < OLD_RECORD_HEADER_BYTES) return { kind: 'torn', offset };
  const length = head.readUInt32LE(0);
  const nr = head.readUInt32LE(4);
  const body = await blocks.at(offset + OLD_RECORD_HEADER_BYTES, length);
  if (body.length < length) return { kind: 'torn', offset };
  if (nr === 0 || crc32(body) !== head.readUInt32LE(8))
    return { kind: 'damaged', offset, what: 'a chunk does not have the bytes it was written with' };
  return { kind: 'record', version, nr, more: false, bytes: body, end: offset + OLD_RECORD_HEADER_BYTES + length };
}

/**
 * A power cut may keep the length of a file and lose the blocks at its end. No whole record ends in zeros, so a tail
 * that
 * holds nothing from here, or from the next sector on, was never written.
 */
async function isEmptyFrom(blocks: BlockReader, offset: number): Promise<boolean> {
  const sector = Math.ceil((offset + 1) / SECTOR) * SECTOR;
  let began = false;
  let at = offset;
  for (;;) {
    const bytes = await blocks.at(at, BLOCK_MIN);
    if (bytes.length === 0) return !began || at > sector;
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === 0) continue;
      if (at + i >= sector) return false;
      began = true;
    }
    at += bytes.length;
  }
}
