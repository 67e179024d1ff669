/** What can be written, replayed and travelled in time: a lab that runs, or a log that was read. */

import type { Geometry, LogEntry, SavedWorld, World } from '@cowlab/core';

/**
 * The world as it stood at `position`. A position counts commands: the world at 0 is the empty machine, the one at
 * `log.length` is the present, and entry p leads from position p to position p + 1.
 */
export interface Snapshot {
  readonly position: number;
  /** A world of your own: changing it changes nobody else's. */
  world(): World;
  saved(): SavedWorld;
}

export interface LogSource {
  readonly name: string;
  readonly geometry: Geometry;
  /** Ids of the overlays in force, bottom first. */
  readonly policies: readonly string[];
  readonly log: readonly LogEntry[];
  /** In the order of their positions. */
  readonly snapshots: readonly Snapshot[];
  /** Of the world that the log leads to. */
  readonly hash: string;
}

/** A log that was read from text. */
export interface SavedLog extends LogSource {
  /** Where it was read from: what its errors name. */
  readonly file: string;
  /** It has no closing line: the run that wrote it was cut. `hash` is empty then. */
  readonly partial?: boolean;
}

/**
 * Line of a written log that holds entry `position`: the header comes first, and a snapshot before the entry at its
 * position.
 */
export function lineOf(source: Pick<LogSource, 'snapshots'>, position: number): number {
  let line = position + 2;
  for (const snapshot of source.snapshots) if (snapshot.position <= position) line++;
  return line;
}
