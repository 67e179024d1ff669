/** The folder of a stream, and the way to it: folders of this user that no symlink leads through. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { errnoOf, JournalError } from '../journal-error.ts';
import type { StreamParts } from '../stream-name.ts';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { versionIn } from './segment-format.ts';

export const MARKER = 'cowlab-journal';
const MARKER_TEXT = 'cowlab journal 1\n';

export interface StreamFiles {
  readonly names: readonly string[];
  /** First versions, ascending. */
  readonly segments: readonly number[];
  /** Versions, ascending. */
  readonly snapshots: readonly number[];
}

/** null when there is no such stream. */
export async function streamFiles(disk: Disk, folder: string): Promise<StreamFiles | null> {
  const found = await disk.list(folder);
  if (found === null) return null;
  const names = found.map(([name]) => name);
  return { names, segments: versionsIn(names, 'seg'), snapshots: versionsIn(names, 'snap') };
}

function versionsIn(names: readonly string[], kind: 'seg' | 'snap'): number[] {
  const versions: number[] = [];
  for (const name of names) {
    const version = versionIn(name, kind);
    if (version !== null) versions.push(version);
  }
  return versions.sort((a, b) => a - b);
}

/** Whether `root` holds a journal; one that holds something else is refused. */
export async function findRoot(disk: Disk, root: string): Promise<boolean> {
  const found = await disk.look(root);
  if (found === null) return false;
  if (found.kind !== 'folder') throw unsafe(root, found.kind);
  const marker = await disk.look(join(root, MARKER));
  if (marker?.kind === 'file') {
    await checkMarker(disk, root);
    return true;
  }
  if (marker !== null) throw unsafe(join(root, MARKER), marker.kind);
  // A process that was killed while it made the mark leaves a draft of it.
  if (((await disk.list(root)) ?? []).every(([name]) => name.startsWith(`${MARKER}-`))) return false;
  throw new JournalError('not-a-journal', `${root} holds something else than a journal`,
    'give a new or an empty folder');
}

async function checkMarker(disk: Disk, root: string): Promise<void> {
  const file = await disk.open(join(root, MARKER), 'read');
  try {
    const bytes = Buffer.alloc(64);
    const text = bytes.toString('latin1', 0, await file.read(bytes, 0));
    if (text === MARKER_TEXT) return;
    if (/^cowlab journal \d+\n/.test(text))
      throw new JournalError('unknown-format', `${root} is a journal of a newer cowlab (${text.trim()})`,
        'read it with the cowlab that wrote it');
    throw new JournalError('damaged', `${join(root, MARKER)}:0: this is not the mark of a journal`,
      `write "${MARKER_TEXT.trim()}" into it if the folder is one`);
  } finally {
    await file.close();
  }
}

/** Makes what is missing on the way to the stream, durably, and answers its folder. */
export async function makeFolder(disk: Disk, root: string, parts: StreamParts): Promise<string> {
  if (!(await findRoot(disk, root))) await makeRoot(disk, root);
  await checkFolder(disk, root);
  let folder = root;
  for (const part of parts) {
    const parent = folder;
    folder = join(parent, part);
    if (await makeOne(disk, folder)) await disk.syncFolder(parent);
    await checkFolder(disk, folder);
  }
  return folder;
}

/** The folder of a stream that may not exist; nothing on the way to it is a symlink. */
export async function findFolder(disk: Disk, root: string, parts: StreamParts): Promise<string | null> {
  if (!(await findRoot(disk, root))) return null;
  let folder = root;
  for (const part of parts) {
    folder = join(folder, part);
    const found = await disk.look(folder);
    if (found === null) return null;
    if (found.kind !== 'folder') throw unsafe(folder, found.kind);
  }
  return folder;
}

async function makeRoot(disk: Disk, root: string): Promise<void> {
  await makeOne(disk, root);
  await checkFolder(disk, root);
  // Complete before it has its name: two processes may begin at once, and either's is as good.
  const draft = join(root, `${MARKER}-${randomBytes(6).toString('hex')}`);
  let file: DiskFile | undefined;
  try {
    file = await disk.open(draft, 'create');
    await writeAll(file, Buffer.from(MARKER_TEXT, 'latin1'), 0);
    await file.sync();
    await disk.rename(draft, join(root, MARKER));
    await disk.syncFolder(root);
  } catch (error) {
    await disk.unlink(draft).catch(() => undefined);
    throw error;
  } finally {
    await file?.close();
  }
}

/** Whether it was not there. */
async function makeOne(disk: Disk, folder: string): Promise<boolean> {
  try {
    await disk.mkdir(folder);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    if (errnoOf(error) === 'ENOENT')
      throw new JournalError('bad-address', `${folder}: the folder that it should be in does not exist`,
        'make that first', { cause: error });
    throw error;
  }
}

async function checkFolder(disk: Disk, folder: string): Promise<void> {
  const found = await disk.look(folder);
  if (found?.kind !== 'folder') throw unsafe(folder, found?.kind ?? 'other');
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (found.uid !== user)
    throw new JournalError('unsafe', `${folder} belongs to user ${found.uid}`, 'write to a folder of your own');
  if ((found.mode & 0o022) !== 0)
    throw new JournalError('unsafe', `${folder} can be written by others`, `chmod go-w ${folder}`);
}

function unsafe(path: string, kind: string): JournalError {
  const what = kind === 'symlink' ? 'is a symlink' : kind === 'file' ? 'is a file' : 'is no folder';
  return new JournalError('unsafe', `${path} ${what}`,
    'give the folder itself; a journal is never read or written through links');
}
