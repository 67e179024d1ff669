/** Who holds a lock: a process, told apart from a later one with the same number by when it started. */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';

export interface Owner {
  readonly pid: number;
  /** In ticks since the machine started, as /proc tells it; empty where there is no /proc. */
  readonly start: string;
  /** Of the machine's run. */
  readonly boot: string;
  /** Numbers of processes mean something within one of these only. */
  readonly pidns: string;
  readonly host: string;
  /** Of this one taking of the lock. */
  readonly nonce: string;
}

export function ourselves(nonce: string): Owner {
  return { pid: process.pid, start: startOf(process.pid) ?? '', boot: boot(), pidns: pidNamespace(), host: hostname(),
    nonce };
}

/** 'unknown' when it runs where this process cannot look: another container, another machine. */
export function isAlive(owner: Owner): boolean | 'unknown' {
  if (owner.boot !== boot()) return owner.host === hostname() ? false : 'unknown';
  if (owner.pidns !== pidNamespace()) return 'unknown';
  return owner.start === '' ? isThere(owner.pid) : startOf(owner.pid) === owner.start;
}

/** Whether some process has this number. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** null when there is no such process, or only what its parent has not fetched yet. */
function startOf(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name in brackets may hold anything, brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return stat === '' || state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

let bootId: string | undefined;
const boot = (): string => (bootId ??= textOf('/proc/sys/kernel/random/boot_id').trim());

let namespaceId: string | undefined;
function pidNamespace(): string {
  try {
    return (namespaceId ??= readlinkSync('/proc/self/ns/pid'));
  } catch {
    return (namespaceId = '');
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
