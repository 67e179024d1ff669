/** For tests: the settings that the agent changes, as they are while no agent runs. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const POOL = '/proc/sys/vm/nr_hugepages';
const THP = '/sys/kernel/mm/transparent_hugepage';
const SETTINGS = [POOL, `${THP}/enabled`, `${THP}/khugepaged/scan_sleep_millisecs`,
  ...['16', '64', '1024', '2048'].map((kb) => `${THP}/hugepages-${kb}kB/enabled`).filter((file) => existsSync(file))];

/** What keeps them from being looked at, or null. */
export function whyNotAtRest(): string | null {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'flock')))
    ? null
    : 'there is no flock command';
}

/** Waits for its turn: an agent holds the lock until the last of its processes is gone. */
export function settingsAtRest(): string {
  return execFileSync('flock', [POOL, 'cat', ...SETTINGS]).toString();
}
