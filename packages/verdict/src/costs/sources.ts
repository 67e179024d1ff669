/** The few numbers of a projection, from what people have: INFO of Redis or Valkey, and smaps_rollup. */
import type { ProjectInput } from './project.ts';

const PAGE = 4096;

export type Found = Partial<ProjectInput> & { readonly notes: readonly string[] };

/** What `redis-cli INFO` prints. Writes a second are the changes since the last save, over the time since then. */
export function fromRedis(text: string, now?: number): Found {
  const of = (key: string): number | null => {
    const found = new RegExp(`^${key}:([0-9.]+)\\s*$`, 'm').exec(text)?.[1];
    return found === undefined ? null : Number(found);
  };
  const rss = of('used_memory_rss') ?? of('used_memory');
  const at = of('server_time_usec') === null ? (now ?? null) : (of('server_time_usec') ?? 0) / 1e6;
  const [changes, saved, took] = [of('rdb_changes_since_last_save'), of('rdb_last_save_time'),
    of('rdb_last_bgsave_time_sec')];
  const since = at === null || saved === null ? null : at - saved;
  const rate = changes !== null && since !== null && since > 0 ? changes / since : null;
  const cow = of('rdb_last_cow_size');
  const fork = of('latest_fork_usec');
  return {
    ...(rss === null ? {} : { pages: Math.round(rss / PAGE) }),
    ...(rate === null ? {} : { writesPerSecond: rate }),
    ...(took === null || took <= 0 ? {} : { seconds: took }),
    notes: [
      ...(rate === null ? [] : [`${changes} changes in ${Math.round(since ?? 0)} s since the last save`]),
      ...(cow === null || cow === 0
        ? []
        : [`the last save copied ${(cow / 2 ** 20).toFixed(1)} MiB (rdb_last_cow_size)`]),
      ...(fork === null || fork === 0
        ? []
        : [`the last fork() took ${(fork / 1000).toFixed(1)} ms (latest_fork_usec)`]),
    ],
  };
}

/** Of /proc/PID/smaps_rollup, or of a whole smaps. */
export function fromSmaps(text: string): Found {
  const sum = (key: string): number =>
    [...text.matchAll(new RegExp(`^${key}:\\s+(\\d+) kB`, 'gm'))].reduce((all, [, kib]) => all + Number(kib), 0);
  if (!/^Rss:/m.test(text)) return { notes: [] };
  const [anonymous, huge, swap] = [sum('Anonymous'), sum('AnonHugePages'), sum('Swap')];
  return { pages: anonymous / 4, thp: huge / 4,
    notes: swap === 0 ? [] : [`${swap} KiB are swapped out: they are shared as swap entries, and not counted`] };
}
