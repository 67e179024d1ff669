/**
 * Where programs that are run are kept. Whoever can write there can have them replaced, and this tool is often run by
 * root: so the folder is this user's alone, and nobody else can swap a part of the way to it.
 */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmdirSync, type Stats } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';
import { LiveError } from './live-error.ts';

type Env = Readonly<Record<string, string | undefined>>;

const MEND = 'set XDG_CACHE_HOME to a folder of your own';

/**
 * In XDG_CACHE_HOME, else in the home; where neither can be written, in TMPDIR.
 * @throws LiveError where the folder is there and may hold what others put into it
 */
export function cacheFolder(env: Env = process.env): string {
  for (const base of basesOf(env)) {
    const folder = join(base, 'cowlab');
    const there = looked(folder);
    if (there !== null) {
      const why = whyNotOwn(folder);
      if (why !== null) throw new LiveError(folder, why, MEND);
      if (isWritable(folder)) return closed(folder);
    } else if (whyNotOwn(nearest(base)) === null && makeFolder(folder)) return folder;
  }
  return inTmp(env);
}

/** Nobody else has business in it. */
function closed(folder: string): string {
  if ((lstatSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
}

/** An empty or relative value counts as none. @see the XDG Base Directory Specification */
function basesOf({ XDG_CACHE_HOME: cache, HOME: home }: Env): string[] {
  if (cache !== undefined && isAbsolute(cache)) return [cache];
  const homes = [home, ownHome()].filter((one): one is string => one !== undefined && isAbsolute(one));
  return [...new Set(homes)].map((one) => join(one, '.cache'));
}

/** As the list of users has it, whatever HOME says. */
function ownHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

function inTmp({ TMPDIR }: Env): string {
  const tmp = TMPDIR !== undefined && isAbsolute(TMPDIR) ? TMPDIR : isAbsolute(tmpdir()) ? tmpdir() : '/tmp';
  const own = join(tmp, `cowlab-${process.geteuid?.() ?? 0}`);
  const there = looked(own);
  if (there !== null) {
    const why = whyNotOwn(own) ?? ((there.mode & 0o077) === 0 ? null : 'is open to others');
    if (why !== null) throw new LiveError(own, why, `remove it, or ${MEND}`);
    return own;
  }
  if (makeFolder(own)) return own;
  try {
    return mkdtempSync('/tmp/cowlab-');
  } catch (cause) {
    throw new LiveError(own, 'cannot be made', MEND, { cause });
  }
}

/** Why others may have put something into `folder`, or may still; null: they cannot. */
export function whyNotOwn(folder: string): string | null {
  const there = looked(folder);
  if (there?.isSymbolicLink() === true) return 'is a symbolic link';
  if (there?.isDirectory() !== true) return 'is no folder';
  if (there.uid !== process.geteuid?.()) return 'belongs to somebody else';
  if (isOpen(there)) return 'can be written by others';
  return whyNotSafe(dirname(folder));
}

/** The way to it: folders and links of this user or root, in which others can rename nothing. */
function whyNotSafe(folder: string, links = 0): string | null {
  const there = looked(folder);
  if (there === null || links > 40) return 'is not to be reached';
  if (there.uid !== 0 && there.uid !== process.geteuid?.()) return `lies in ${folder}, which belongs to somebody else`;
  if (there.isSymbolicLink()) {
    const to = readlinkSync(folder);
    const real = isAbsolute(to) ? to : join(dirname(folder), to);
    return whyNotSafe(real, links + 1) ?? whyNotSafe(dirname(folder), links + 1);
  }
  // In a sticky folder such as /tmp nobody renames what is not theirs.
  if (isOpen(there) && (there.mode & 0o1000) === 0) return `lies in ${folder}, which can be written by others`;
  return folder === parse(folder).root ? null : whyNotSafe(dirname(folder), links);
}

/** Many users have a group of their own. */
function isOpen({ mode, gid }: Stats): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== process.getegid?.());
}

function looked(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function nearest(path: string): string {
  return looked(path) !== null || path === dirname(path) ? path : nearest(dirname(path));
}

function isWritable(folder: string): boolean {
  try {
    const probe = mkdtempSync(join(folder, '.probe-'));
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}

/** Step by step: `recursive` tries for ever where /proc answers oddly. */
function makeFolder(path: string): boolean {
  const parts = path.split(sep);
  for (let nr = 2; nr <= parts.length; nr++) {
    const part = parts.slice(0, nr).join(sep);
    if (looked(part) !== null) continue;
    try {
      mkdirSync(part, { mode: 0o700 });
    } catch (cause) {
      // Another run may have been faster.
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return whyNotOwn(path) === null && isWritable(path);
}
