/**
 * One file that holds a whole recording: what `cowlab trace` packs and other commands read. A tar archive, packed by
 * zstd or gzip, so that everybody can look into it without this program. A member is named as if the file were a
 * folder: `app.cowtrace/recording.strace`.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { tarMembers } from './tar.ts';
import { unpacked, UnpackedTooLarge } from './unpack.ts';

/** Names of members; `snapshots/` and `machine/` hold texts of /proc and /sys besides. */
export const COWTRACE = {
  manifest: 'cowtrace.json',
  strace: 'recording.strace',
  faults: 'recording.faults',
  accesses: 'recording.accesses',
} as const;

export interface CowtraceManifest {
  readonly format: 'cowtrace';
  readonly version: 1;
  /** As it was started; null if it ran already. */
  readonly command: readonly string[] | null;
  readonly attachedTo: number | null;
  /** `uname -r` of the machine. */
  readonly kernel: string;
  readonly recorders: readonly string[];
  /** The set that strace was asked for. */
  readonly calls: readonly string[];
  /** What the recorder found amiss with its own work. */
  readonly quality: readonly string[];
  readonly [field: string]: unknown;
}

export const isCowtrace = (path: string): boolean => path.endsWith('.cowtrace');

/** What a path into an archive names; null for any other path. @throws CompositionError */
export function memberBytes(path: string, name: string, bytesMax: number): Uint8Array | null {
  const [, archive, member] = /^(.*\.cowtrace)\/(.+)$/.exec(path) ?? [];
  if (archive === undefined || member === undefined || statSync(archive, { throwIfNoEntry: false })?.isFile() !== true)
    return null;
  const bytes = readCowtrace(archive, basename(archive), bytesMax).get(member);
  if (bytes === undefined) throw new CompositionError(name, 'is not in it', 'record again');
  return bytes;
}

/** @throws CompositionError */
export function readCowtrace(path: string, name: string, bytesMax: number): ReadonlyMap<string, Uint8Array> {
  const members = tarMembers(bytesOf(path, name, bytesMax));
  const manifest = members?.get(COWTRACE.manifest);
  if (members === null || manifest === undefined)
    throw new CompositionError(name, 'is no recording of cowlab trace', 'record with cowlab trace -- PROGRAM');
  return members;
}

function bytesOf(path: string, name: string, bytesMax: number): Uint8Array {
  try {
    return unpacked(readFileSync(path), { bytesMax, torn: 'kept' });
  } catch (cause) {
    const why = cause instanceof UnpackedTooLarge ? 'it holds too much, unpacked' : reasonOf(cause);
    throw new CompositionError(name, `cannot be read (${why})`, 'copy the file again, or record again', { cause });
  }
}

/** @throws CompositionError where it is damaged, or of a newer version */
export function manifestOf(members: ReadonlyMap<string, Uint8Array>, name: string): CowtraceManifest {
  try {
    const data = JSON.parse(new TextDecoder().decode(members.get(COWTRACE.manifest))) as CowtraceManifest;
    if (data.format === 'cowtrace' && data.version === 1) return data;
  } catch (cause) {
    throw new CompositionError(`${name}/${COWTRACE.manifest}`, 'is damaged', 'record again', { cause });
  }
  throw new CompositionError(`${basename(name)}/${COWTRACE.manifest}`, 'is of another version', 'use a newer cowlab');
}
