/** Stores that samples or people tell of, at the line of the recording that they follow. */
import type { FaultSample, StatedAccess, StraceReading } from '@cowlab/trace';
import { pageOf, type Story, type Store, type Task } from '../story/entities.ts';

export function knownStores(
  reading: StraceReading,
  story: Story,
  samples: readonly FaultSample[],
  stated: readonly StatedAccess[],
): Store[] {
  const lineAt = liner(reading);
  const told = stated.filter(({ write }) => write).flatMap(({ at, pid, addr, nrPages }): Store[] => {
    const line = lineAt(at.micros);
    const task = taskAt(story, pid, line);
    return task === undefined
      ? []
      : [{ line: line + 0.5, mm: task.mm, start: pageOf(addr), end: pageOf(addr) + nrPages,
        by: `a stated store of pid ${pid}`, pid }];
  });
  return [...told, ...samples.flatMap((sample) => ofSample(story, sample, lineAt(sample.micros)))];
}

/**
 * A held page is present, so a later fault on it is a store to a write-protected entry. (Which entry that is, after the
 * page was taken or copied at fork(), is another matter: those faults come to nothing here.)
 */
function ofSample(story: Story, { tid, addr }: FaultSample, line: number): Store[] {
  const task = taskAt(story, tid, line);
  if (task === undefined) return [];
  const page = pageOf(addr);
  const held = story.holds.some((hold) =>
    hold.mm === task.mm && hold.line < line && line < (hold.endLine ?? Infinity)
    && hold.start <= page && page < hold.end && story.taken.every((one) => one.hold !== hold)
  );
  return held
    ? [{ line: line + 0.5, mm: task.mm, start: page, end: page + 1, by: `a store of pid ${tid} (a sampled fault)`,
      pid: tid }]
    : [];
}

function taskAt({ tasks }: Story, pid: number, line: number): Task | undefined {
  return tasks.find((task) => task.pid === pid && task.bornLine <= line && line <= (task.endLine ?? Infinity))
    ?? tasks.find((task) => task.pid === pid);
}

/** The last line that had begun at a time. */
function liner({ records }: StraceReading): (micros: number) => number {
  const begun = records.map(({ startMicros, line }) => ({ startMicros, line })).sort((a, b) =>
    a.startMicros - b.startMicros
  );
  return (micros) => {
    let low = 0;
    let high = begun.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (begun[middle].startMicros <= micros) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : begun[low - 1].line;
  };
}
