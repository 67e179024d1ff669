/**
 * From a log back to worlds, by evolve alone: no policy is asked, so a log replays under code that never heard of the
 * policies it was made with, to the same words.
 */

import { evolve, type LogEntry, World } from '@cowlab/core';
import { misfit } from './fits.ts';
import { LogError } from './log-error.ts';
import { lineOf, type LogSource, type SavedLog } from './log-source.ts';

export interface ReplayRange {
  /** The position of a snapshot, or the beginning. */
  readonly from?: 'start' | number;
  /** Commands to have behind one; all of them when left out. */
  readonly to?: number;
}

const MEND = 'take the log from where it was written, or record it again with this version';

/**
 * The world after `to` commands. Every snapshot that is passed and the end must have the hash they were written with.
 * @throws LogError when the log does not lead there
 */
export function replay(saved: SavedLog, { from = 'start', to = saved.log.length }: ReplayRange = {}): World {
  checkPosition(saved, to);
  const first = from === 'start' || from === 0 ? 0 : from;
  if (first > to) throw new RangeError(`${saved.file}: replay from ${first} to ${to} runs backwards; give from <= to`);
  const world = first === 0 ? new World(saved.geometry) : snapshotAt(saved, first);
  let at = first;
  for (const snapshot of saved.snapshots) {
    if (snapshot.position <= at || snapshot.position > to) continue;
    advance(world, saved, at, snapshot.position);
    at = snapshot.position;
    if (world.hash() !== snapshot.saved().hash)
      throw new LogError(saved.file, lineOf(saved, at) - 1, `the log does not lead to its snapshot at position ${at}`,
        MEND);
  }
  advance(world, saved, at, to);
  return checkEnd(world, saved, to);
}

/** The world after `position` commands, from the nearest snapshot on. */
export function worldAt(source: LogSource, position: number): World {
  checkPosition(source, position);
  const nearest = source.snapshots.findLast((snapshot) => snapshot.position <= position);
  const world = nearest?.world() ?? new World(source.geometry);
  advance(world, source, nearest?.position ?? 0, position);
  return 'file' in source ? checkEnd(world, source as SavedLog, position) : world;
}

/** What replaying needs of a log; the rest is for its errors. */
type Replayed = Pick<LogSource, 'name' | 'log' | 'snapshots'>;

/** Carry `world` on from position `from` to position `to`. */
export function advance(world: World, source: Replayed, from: number, to: number): void {
  for (let position = from; position < to; position++) carryOut(world, source, source.log[position]);
}

/** One entry more. `source` is for its errors. */
export function carryOut(world: World, source: Pick<LogSource, 'name' | 'snapshots'>, entry: LogEntry): void {
  for (const event of entry.events) {
    const wrong = misfit(world, event);
    if (wrong !== null) throw undigested(source, entry.position, `${wrong}, which the world has no place for`);
    try {
      evolve(world, event);
    } catch (cause) {
      throw undigested(source, entry.position,
        `${event.type} cannot be replayed (${cause instanceof Error ? cause.message : String(cause)})`, cause);
    }
  }
}

export function checkPosition(source: LogSource, position: number): void {
  if (Number.isSafeInteger(position) && position >= 0 && position <= source.log.length) return;
  throw new RangeError(`${nameOf(source)}: there is no position ${position}; the log has 0 to ${source.log.length}`);
}

function snapshotAt(saved: SavedLog, position: number): World {
  const snapshot = saved.snapshots.find((candidate) => candidate.position === position);
  if (snapshot !== undefined) return snapshot.world();
  const there = saved.snapshots.map((candidate) => candidate.position).join(', ');
  throw new RangeError(
    `${saved.file}: there is no snapshot at ${position}; ${
      there === '' ? "the log has none, replay from 'start'" : `there are ${there}`
    }`,
  );
}

function checkEnd(world: World, saved: SavedLog, position: number): World {
  if (position < saved.log.length || saved.partial === true || world.hash() === saved.hash) return world;
  throw new LogError(saved.file, lineOf(saved, saved.log.length),
    'the log does not lead to the world it was closed with', MEND);
}

function undigested(
  source: Pick<LogSource, 'name' | 'snapshots'>,
  position: number,
  what: string,
  cause?: unknown,
): LogError {
  return new LogError(nameOf(source), lineOf(source, position), `entry ${position}: ${what}`, MEND, { cause });
}

const nameOf = (
  source: Pick<LogSource, 'name'>,
): string => ('file' in source ? (source as SavedLog).file : source.name);
