/**
 * What /proc tells of the recorded processes while they run: their mappings, what is pinned, registered buffers of
 * their rings, limits and pid namespaces. Taken when a process is first seen and then ever more seldom, for reading
 * smaps holds a process up.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const FIRST_MS = 100;
const FILES = ['maps', 'smaps', 'status', 'limits'] as const;
/** Of a process, the first and the last are kept. */
const PROCESSES_MAX = 256;

const RECORDERS = /^(?:perf|strace)$/m;

interface Seen {
  next: number;
  interval: number;
}

export interface RegisteredBuffer {
  readonly pid: number;
  readonly fd: number;
  readonly address: string;
  readonly bytes: number;
}

export class Snapshots {
  /** Texts by name, as they are packed. */
  readonly files = new Map<string, string>();
  /** Most that was accounted as pinned, by pid, in KiB. */
  readonly pinned = new Map<number, number>();
  readonly buffers: RegisteredBuffer[] = [];
  readonly namespaces = new Map<number, string>();
  private readonly seen = new Map<number, Seen>();

  /** `root`: the recorder, below which stands what is recorded, or the process itself. */
  constructor(private readonly root: () => readonly number[]) {}

  take(now = Date.now()): void {
    for (const pid of this.root().flatMap((one) => [one, ...descendants(one)])) {
      const seen = this.seen.get(pid);
      if (seen === undefined && this.seen.size >= PROCESSES_MAX) continue;
      if (seen !== undefined && now < seen.next) continue;
      if (RECORDERS.test(readIf(`/proc/${pid}/comm`) ?? '')) continue;
      const interval = seen === undefined ? FIRST_MS : seen.interval * 2;
      this.seen.set(pid, { next: now + interval, interval });
      this.read(pid, seen === undefined ? 'first' : 'last');
    }
  }

  private read(pid: number, which: 'first' | 'last'): void {
    if (which === 'first') this.namespaces.set(pid, link(`/proc/${pid}/ns/pid`));
    for (const name of FILES) {
      const text = readIf(`/proc/${pid}/${name}`);
      if (text !== null && text !== '') this.files.set(`snapshots/${pid}/${which}/${name}`, text);
      const pinned = name === 'status' ? Number(/^VmPin:\s+(\d+)/m.exec(text ?? '')?.[1] ?? 0) : 0;
      if (pinned > (this.pinned.get(pid) ?? 0)) this.pinned.set(pid, pinned);
    }
    for (const fd of listIf(`/proc/${pid}/fd`)) {
      if (link(`/proc/${pid}/fd/${fd}`) !== 'anon_inode:[io_uring]') continue;
      const text = readIf(`/proc/${pid}/fdinfo/${fd}`) ?? '';
      this.files.set(`snapshots/${pid}/${which}/fdinfo/${fd}`, text);
      if (which === 'first') this.buffers.push(...buffersIn(text, pid, Number(fd)));
    }
  }
}

/** @kernel io_uring/fdinfo.c */
function buffersIn(text: string, pid: number, fd: number): RegisteredBuffer[] {
  const [, list = ''] = /^UserBufs:\s+\d+\n([^]*?)(?=^\S)/m.exec(`${text}\nend:`) ?? [];
  return [...list.matchAll(/^\s*\d+:\s+(0x[0-9a-f]+)\/(\d+)/gm)].map(([, address, bytes]) => ({ pid, fd, address,
    bytes: Number(bytes) })
  );
}

export function descendants(pid: number): number[] {
  const children = listIf(`/proc/${pid}/task`).flatMap((task) =>
    (readIf(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter((one) => /^\d+$/.test(one)).map(Number)
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

// Processes come and go while they are looked at.
function readIf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function listIf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
