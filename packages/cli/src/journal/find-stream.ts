/** A stream by what somebody types: its name, or its beginning where that says which. */
import type { Journal, StreamSummary } from '@cowlab/journal';
import { UsageError } from '../terminal/io.ts';

const SHOWN = 5;

/** Of several runs of one experiment in one lane it is the newest. @throws UsageError */
export async function findStream(journal: Journal, text: string, address: string): Promise<StreamSummary> {
  const begun = await journal.list(text);
  // linux-5.9 also begins linux-5.9-rc5: a whole part is meant where there is one.
  const parts = begun.filter(({ stream }) => stream.startsWith(`${text}/`));
  const found = parts.length > 0 ? parts : begun;
  const exact = begun.find(({ stream }) => stream === text);
  if (exact !== undefined) return exact;
  if (found.length === 0)
    throw new UsageError(`${address} has no stream ${text}; cowlab journal ls ${address} names those that it has`);
  const lanes = new Set(found.map(({ stream }) => stream.slice(0, stream.lastIndexOf('/'))));
  if (lanes.size > 1)
    throw new UsageError(
      `${text} begins the names of ${found.length} streams in ${address}: ${[...lanes].slice(0, SHOWN).join(', ')}${
        lanes.size > SHOWN ? ', ...' : ''
      }; give more of the name`,
    );
  // Names of runs sort by the time they began.
  return found[found.length - 1];
}
