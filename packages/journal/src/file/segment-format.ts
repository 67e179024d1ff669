/**
 * The bytes of a segment. Little-endian throughout.
 *
 *   segment   "COWJSEG" version:u8  first:u64  crc32(bytes 0..16):u32  0:u32  record*
 *   record    mark:u32 length:u32 nr:u32 flags:u32 version:u64 crc32(payload):u32 crc32(bytes 0..28):u32  payload
 * end:u32
 *
 * A header with a sum of its own tells a damaged length from a torn record; the end mark, which is not zero, tells a
 * record
 * that was written from blocks that a power cut left empty. A snapshot is a file of the same shape with one record.
 *
 * Version 0, which is only read, had neither: "COWJSEG" 0:u8 first:u64, records of length:u32 nr:u32 crc32:u32 payload.
 */

import { crc32 } from 'node:zlib';
import type { Chunk } from '../journal.ts';

export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES: Readonly<Record<number, number>> = { 0: 16, 1: 24 };
export const RECORD_HEADER_BYTES = 32;
export const RECORD_END_BYTES = 4;
export const OLD_RECORD_HEADER_BYTES = 12;
/** More chunks of the same append follow: without them this one does not count. */
export const MORE_FOLLOWS = 1;

const MAGIC = Buffer.from('COWJSEG', 'latin1');
const RECORD_MARK = 0x52_57_4f_43;
const END_MARK = 0xe5_0d_c0_3b;

export interface RecordHeader {
  readonly length: number;
  readonly nr: number;
  readonly more: boolean;
  readonly version: number;
  readonly crc: number;
}

export function encodeSegmentHeader(first: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES[SEGMENT_VERSION]);
  MAGIC.copy(header);
  header[7] = SEGMENT_VERSION;
  header.writeBigUInt64LE(BigInt(first), 8);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return header;
}

/** What a segment says of itself, or what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer): { readonly version: number; readonly first: number } | string {
  if (bytes.length < 16 || !bytes.subarray(0, 7).equals(MAGIC)) return 'this is no segment of a journal';
  const version = bytes[7];
  const first = Number(bytes.readBigUInt64LE(8));
  if (version === 0) return { version, first };
  if (bytes.length < 24 || crc32(bytes.subarray(0, 16)) !== bytes.readUInt32LE(16))
    return 'the head of the segment is damaged';
  return { version, first };
}

export function recordBytes(chunk: Chunk): number {
  return RECORD_HEADER_BYTES + chunk.bytes.length + RECORD_END_BYTES;
}

/** Writes a record into `out` at `at` and answers where the next one goes. */
export function encodeRecord(out: Buffer, at: number, { nr, bytes }: Chunk, version: number, more: boolean): number {
  out.writeUInt32LE(RECORD_MARK, at);
  out.writeUInt32LE(bytes.length, at + 4);
  out.writeUInt32LE(nr, at + 8);
  out.writeUInt32LE(more ? MORE_FOLLOWS : 0, at + 12);
  out.writeUInt32LE(version >>> 0, at + 16);
  out.writeUInt32LE(Math.floor(version / 2 ** 32), at + 20);
  out.writeUInt32LE(crc32(bytes), at + 24);
  out.writeUInt32LE(crc32(out.subarray(at, at + 28)), at + 28);
  out.set(bytes, at + RECORD_HEADER_BYTES);
  const end = at + RECORD_HEADER_BYTES + bytes.length;
  out.writeUInt32LE(END_MARK, end);
  return end + RECORD_END_BYTES;
}

/** null when it is none. */
export function decodeRecordHeader(bytes: Buffer): RecordHeader | null {
  if (bytes.readUInt32LE(0) !== RECORD_MARK || crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) return null;
  const version = bytes.readUInt32LE(16) + bytes.readUInt32LE(20) * 2 ** 32;
  return { length: bytes.readUInt32LE(4), nr: bytes.readUInt32LE(8),
    more: (bytes.readUInt32LE(12) & MORE_FOLLOWS) !== 0, version, crc: bytes.readUInt32LE(24) };
}

/** `bytes` are the payload and the end mark. */
export function isWhole(bytes: Buffer, crc: number): boolean {
  const end = bytes.length - RECORD_END_BYTES;
  return bytes.readUInt32LE(end) === END_MARK && crc32(bytes.subarray(0, end)) === crc;
}

const NAME = /^(\d{16})\.(seg|snap)$/;

export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.seg`;
export const snapshotName = (version: number): string => `${String(version).padStart(16, '0')}.snap`;

/** The version in the name of a segment or a snapshot. */
export function versionIn(name: string, kind: 'seg' | 'snap'): number | null {
  const match = NAME.exec(name);
  return match !== null && match[2] === kind ? Number(match[1]) : null;
}
