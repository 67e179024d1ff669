/**
 * What settings of the machine were before a run changed them. The agent writes the record before it changes anything
 * (see undo-record.c, which says how it looks) and removes it when all is put back; one that is left tells of a run of
 * which nothing was left to do that.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const THP = '/sys/kernel/mm/transparent_hugepage';
/** By their names in the record. */
const FOLIO_KB = [16, 32, 64, 128, 256, 512, 1024, 2048] as const;
type FolioSetting = `mthp${(typeof FOLIO_KB)[number]}`;
export type SettingName = 'thp' | 'khugepaged' | FolioSetting | 'pool';
export const SETTINGS = {
  thp: `${THP}/enabled`,
  khugepaged: `${THP}/khugepaged/scan_sleep_millisecs`,
  ...Object.fromEntries(FOLIO_KB.map((kb) => [`mthp${kb}`, `${THP}/hugepages-${kb}kB/enabled`])),
  pool: '/proc/sys/vm/nr_hugepages',
} as Readonly<Record<SettingName, string>>;
/** Of the record, not of the machine: the device that a run swaps to. */
const SWAP = 'swap';

const FILES = ['/run/cowlab-settings.undo', '/var/lib/cowlab-settings.undo'];

export interface UndoRecord {
  readonly file: string;
  /** Of the run that changed them. */
  readonly pid: number;
  /** It goes on, and will put them back itself. */
  readonly isOwned: boolean;
  readonly before: Readonly<Partial<Record<SettingName | typeof SWAP, string>>>;
}

/** Null: there is none, or it is of an earlier boot, whose settings are gone with it. */
export function readUndoRecord(): UndoRecord | null {
  for (const file of FILES) {
    const text = rootsText(file);
    if (text === null) continue;
    const fields = new Map(
      text.split('\n').map((line): [string, string] => [line.split(' ')[0], line.replace(/^\S* /, '')]),
    );
    if (fields.get('boot') !== textOf('/proc/sys/kernel/random/boot_id')) return null;
    const [pid, start] = (fields.get('owner') ?? '').split(' ').map(Number);
    const before = Object.fromEntries(
      [...Object.keys(SETTINGS), SWAP].flatMap((name) => fields.has(name) ? [[name, fields.get(name) as string]] : []),
    );
    return { file, pid, isOwned: start > 0 && startOf(pid) === start, before };
  }
  return null;
}

/** Puts back what `record` tells of. @throws when this user may not */
export function undo({ file, before }: UndoRecord): void {
  for (const [name, value] of Object.entries(before).reverse()) {
    if (name === SWAP) endSwapping(value);
    else writeFileSync(SETTINGS[name as SettingName], value);
  }
  rmSync(file);
}

/** A run that was cut before it began has a device that nobody swaps to. */
function endSwapping(device: string): void {
  if (textOf('/proc/swaps')?.includes(`${device} `) === true) execFileSync('swapoff', [device]);
}

/** Of alternatives the chosen one; null where the kernel has no such setting. */
export function settingOf(name: SettingName): string | null {
  const text = textOf(SETTINGS[name]);
  return text === null ? null : /\[(.*)\]/.exec(text)?.[1] ?? text;
}

/** Only root writes it, and nobody else could have. */
function rootsText(file: string): string | null {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const about = fstatSync(fd);
    return about.isFile() && about.uid === 0 && (about.mode & 0o022) === 0 ? readFileSync(fd, 'utf8') : null;
  } finally {
    closeSync(fd);
  }
}

/**
 * In clock ticks since boot: pids come again. The name of a program, before it, may hold anything. 0: there is none, or
 * it is dead and only not yet waited for.
 */
function startOf(pid: number): number {
  const [state, ...fields] = (textOf(`/proc/${pid}/stat`) ?? 'X').replace(/^.*\) /s, '').split(' ');
  return state === 'Z' || state === 'X' ? 0 : Number(fields[18]);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
