/** What `cowlab check` was asked for: its options as they came, and what they mean. */
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
  if (walking && flags.maxStates !== undefined)
    throw new UsageError(`--max-states is for searches; with --explorer ${explorer} use --walks`);
  return { explorer, reduce: flags.reduce,
    memory: memory === null ? null : memory === 'both' ? MEMORIES : memory === 'all'
      ? RACE_MEMORIES
      : [memory], seed: numberOf('--seed', flags.seed ?? '1', 0), walks: numberOf('--walks', flags.walks ?? '1000', 1),
    ...(flags.maxStates !== undefined && { maxStates: numberOf('--max-states', flags.maxStates, 1) }),
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
