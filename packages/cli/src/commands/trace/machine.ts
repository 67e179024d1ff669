/** What of a machine decides over fork() and pinned memory, as texts of /proc and /sys. */
import { release, version } from 'node:os';
import { setting } from './recorders.ts';

const SETTINGS = ['/proc/meminfo', '/proc/sys/vm/max_map_count', '/proc/sys/vm/overcommit_memory',
  '/proc/sys/vm/overcommit_ratio', '/proc/sys/vm/nr_hugepages', '/proc/sys/vm/unprivileged_userfaultfd',
  '/sys/kernel/mm/transparent_hugepage/enabled', '/sys/kernel/mm/transparent_hugepage/defrag',
  '/sys/kernel/mm/transparent_hugepage/shmem_enabled', '/sys/kernel/mm/ksm/run', '/proc/sys/kernel/perf_event_paranoid',
  '/proc/sys/kernel/yama/ptrace_scope', '/proc/swaps', '/etc/os-release'];

/** By the names they are packed under. */
export function machineSettings(): Map<string, string> {
  const files = new Map([['machine/uname', `${release()} ${version()}\n`]]);
  for (const path of SETTINGS) {
    const text = setting(path);
    if (text !== '') files.set(`machine${path}`, `${text}\n`);
  }
  return files;
}
