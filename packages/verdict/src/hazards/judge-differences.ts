/** Where the model of the recorded kernel parts from the recording, nothing is said of the memory that it meets. */
import { type Claim, claim } from './claims.ts';
import type { Difference, Replay } from '../replay/replay.ts';
import type { Hold, Story } from '../story/entities.ts';

/** The claims without those that rest on the model where it is wrong, and one for each range that is met. */
export function withoutOurFaults(story: Story, replay: Replay | null, claims: readonly Claim[]): Claim[] {
  const met = new Map<Hold, Difference>();
  for (const difference of replay?.differences ?? [])
    for (const hold of story.holds) if (!met.has(hold) && meets(story, difference, hold)) met.set(hold, difference);
  if (replay === null || met.size === 0) return [...claims];
  // What is said of every kernel was seen in the recording itself.
  const kept = claims.filter(({ hold, kernel }) => hold === null || kernel === null || !met.has(hold));
  return [...kept, ...[...met].map(([hold, difference]) => ours(replay, hold, difference))];
}

function ours({ kernel, assumed }: Replay, hold: Hold, { source, what }: Difference): Claim {
  const which = `the model of ${kernel}${assumed ? ', which is taken for the recorded kernel,' : ''}`;
  return claim({ word: 'DEPENDS', hold, weight: 86, lines: [hold.line, source.line],
    why: `${which} is at fault at line ${source.line}: ${what}; so nothing is said of buffer ${hold.id}`,
    datum: 'a model that does what the recorded kernel did', command: assumed
      ? 'name the kernel that was recorded by --recorded-on; if this stays, report it with the recording'
      : 'report it with the recording' });
}

function meets(story: Story, { pages, pid, source }: Difference, hold: Hold): boolean {
  if (hold.endLine !== null && hold.endLine < source.line) return false;
  if (pages !== null) return hold.start < pages.end && pages.start < hold.end;
  return story.tasks.some((task) => task.pid === pid && task.mm === hold.mm);
}
