/** What `cowlab check` was asked for: its options as they came, and what they mean. */
import { availableParallelism } from 'node:os';
import { type CheckOptions, MEMORIES, RACE_MEMORIES, type RaceMemory } from '@cowlab/checker';
import { UsageError } from '../../terminal/io.ts';

export interface CheckFlags {
  readonly policies?: string;
  readonly memory?: string;
  readonly explorer?: string;
  readonly seed?: string;
  readonly walks?: string;
  readonly maxStates?: string;
  readonly maxSeconds?: string;
  readonly maxBytes?: string;
  readonly threads?: string;
  readonly reduce: boolean;
  readonly gallery?: boolean;
  readonly list?: boolean;
  readonly mend?: boolean;
  readonly diagram?: boolean;
  readonly explain?: boolean;
  readonly mermaid?: string;
  readonly perfetto?: string;
  readonly force?: boolean;
  readonly replay?: string;
  readonly export?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

export interface Settings extends Omit<CheckOptions, 'memory'> {
  readonly memory: readonly RaceMemory[] | null;
}

export function settingsOf(flags: CheckFlags): Settings {
  const explorer = oneOf('--explorer', flags.explorer ?? 'bfs', ['bfs', 'dfs', 'random', 'pct'] as const);
  const memory = flags.memory === undefined
    ? null
    : oneOf('--memory', flags.memory, [...RACE_MEMORIES, 'both', 'all'] as const);
  const walking = isWalk(explorer);
  for (const name of ['seed', 'walks'] as const) {
    if (flags[name] !== undefined && !walking)
      throw new UsageError(`--${name} is for walks; add --explorer random or --explorer pct`);
  }
  for (const [flag, name] of [['--threads', 'threads'], ['--max-bytes', 'maxBytes']] as const) {
    if (flags[name] !== undefined && (explorer !== 'bfs' || memory === 'armv8'))
      throw new UsageError(`${flag} is for searches breadth first under sc and tso; leave it out`);
  }
  if (walking && flags.maxStates !== undefined)
    throw new UsageError(`--max-states is for searches; with --explorer ${explorer} use --walks`);
  return { explorer, reduce: flags.reduce,
    memory: memory === null ? null : memory === 'both' ? MEMORIES : memory === 'all'
      ? RACE_MEMORIES
      : [memory], seed: numberOf('--seed', flags.seed ?? '1', 0), walks: numberOf('--walks', flags.walks ?? '1000', 1),
    ...(flags.maxStates !== undefined && { maxStates: numberOf('--max-states', flags.maxStates, 1) }),
    ...(flags.maxBytes !== undefined && { maxBytes: bytesOf(flags.maxBytes) }),
    ...(flags.maxSeconds !== undefined && { maxSeconds: numberOf('--max-seconds', flags.maxSeconds, 1) }) };
}

export const isWalk = (explorer: CheckOptions['explorer']): boolean => explorer === 'random' || explorer === 'pct';

export function oneOf<Word extends string>(flag: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new UsageError(`${flag} ${text} is not known; use ${words.join(', ')}`);
  return found;
}

function numberOf(flag: string, text: string, min: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < min) throw new UsageError(`${flag} ${text} is no count; give a whole number from ${min} on`);
  return value;
}

/** At most as many as there are CPUs, since each searches all the time. */
export function threadsOf({ threads = '1' }: CheckFlags): number {
  if (threads === 'all') return availableParallelism();
  const nr = numberOf('--threads', threads, 1);
  if (nr > THREADS_MAX) throw new UsageError(`--threads ${threads} is too many; give at most ${THREADS_MAX}, or all`);
  return nr;
}

const THREADS_MAX = 64;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

function bytesOf(text: string): number {
  const [, digits, unit] = /^(\d{1,12})([kMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits ?? 0) * (UNITS[unit ?? ''] ?? 1);
  if (bytes < LEAST_BYTES) throw new UsageError(`--max-bytes ${text} is no size from 1M on; write it as 500M or 2G`);
  return bytes;
}

const LEAST_BYTES = 1e6;
