/** Stores that samples or people tell of, at the line of the recording that they follow. */
import type { FaultSample, StatedAccess } from '@cowlab/trace';
import { pageOf, type Story, type Store, type Task } from '../story/entities.ts';
import type { Told } from '../story/listener.ts';

export function knownStores(
  reading: Told['reading'],
  story: Story,
  samples: readonly FaultSample[],
  stated: readonly StatedAccess[],
): Store[] {
  const lineAt = (micros: number): number => reading.moments?.lineAt(micros) ?? 0;
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
