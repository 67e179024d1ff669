/**
 * Where a file may be written. All that can be known is asked before the work begins: an hour's result is not to be
 * lost to a folder that is not there, and nothing is to be written where somebody else's link leads.
 */
import { accessSync, constants, lstatSync, readlinkSync, statfsSync, type Stats } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { UsageError } from '../terminal/io.ts';

/** What complaints call it: as it was typed, with its flag where that tells more. */
export interface Place {
  readonly path: string;
  readonly name: string;
}

const ELSEWHERE = 'choose another place';

/** @throws UsageError when `path` is no name for a new file, or without `force` is one of an old file */
export function checkFile({ path, name }: Place, force: boolean): void {
  const there = looked(path, name);
  if (there?.isSymbolicLink() === true)
    throw new UsageError(`${name} is a symbolic link, and nothing is written through links; name the file itself`);
  if (there?.isDirectory() === true) throw new UsageError(`${name} is a folder; name a file in it`);
  if (there !== null && !there.isFile())
    throw new UsageError(`${name} is no regular file, and only such are replaced; ${ELSEWHERE}`);
  if (there !== null && !force)
    throw new UsageError(`${name} is there already; choose another name, or --force to overwrite it`);
  checkFolder({ path: dirname(path), name });
}

/** A folder that files are written into; `make`: it need not be there. @throws UsageError */
export function checkFolder({ path, name }: Place, make = false): void {
  let folder = path;
  if (make) {
    if (looked(path, name)?.isSymbolicLink() === true)
      throw new UsageError(`${name} is a symbolic link, and nothing is written through links; name the folder itself`);
    while (looked(folder, name) === null) folder = dirname(folder);
  }
  const link = linkOfAnother(path, name);
  if (link !== null)
    throw new UsageError(`${name} cannot be written (${link} is a link that another user made); ${ELSEWHERE}`);
  try {
    // The slash: a file is no folder, and a link is followed.
    accessSync(join(folder, sep), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(name, cause);
  }
  if (statfsSync(folder).bavail === 0 && isDisk(folder))
    throw new UsageError(`${name} cannot be written (the disk is full); ${ELSEWHERE}`);
}

/** Some file systems count no blocks at all. */
const isDisk = (folder: string): boolean => statfsSync(folder).blocks > 0;

export function unwritable(name: string, cause: unknown): UsageError {
  return new UsageError(`${name} cannot be written (${(cause as Error).message}); ${ELSEWHERE}`, { cause });
}

function looked(path: string, name: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (cause) {
    throw unwritable(name, cause);
  }
}

/** As many as the kernel follows. */
const LINKS_MAX = 40;

/**
 * The first link on the way to `path` that neither this user nor root made: in a folder of theirs, others choose where
 * it leads. @kernel fs/namei.c may_follow_link()
 */
export function linkOfAnother(path: string, name: string): string | null {
  let left = resolve(path).split(sep).filter((part) => part !== '');
  let at: string = sep;
  for (let links = 0; left.length > 0;) {
    const next = join(at, left[0]);
    left = left.slice(1);
    const there = looked(next, name);
    if (there === null) return null;
    if (!there.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (there.uid !== 0 && there.uid !== process.geteuid?.()) return next;
    if (++links > LINKS_MAX) return null;
    const to = resolve(at, readlinkSync(next));
    left = [...to.split(sep).filter((part) => part !== ''), ...left];
    at = sep;
  }
  return null;
}
