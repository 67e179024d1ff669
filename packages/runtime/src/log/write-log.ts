/**
 * A log as text, one JSON value a line: a header, the entries in order with snapshots before the entry at their
 * position, and a closing line that says how many entries there are, which world they lead to, and what the text sums
 * up to.
 */

import { LOG_VERSION, LineSum } from './log-lines.ts';
import type { LogSource } from './log-source.ts';

/** Line by line, each with its line end. What a lab does while it is written is left out. */
export function* writeLog(source: LogSource): Generator<string, void, undefined> {
  const { name, geometry, policies, log, hash } = source;
  const entries = log.length;
  const snapshots = source.snapshots.filter((snapshot) => snapshot.position <= entries);
  const sum = new LineSum();
  const line = (value: object): string => {
    const text = JSON.stringify(value);
    sum.add(text);
    return `${text}\n`;
  };
  yield line({ cowlab: 'log', version: LOG_VERSION, geometry, policies, name });
  let next = 0;
  for (let position = 0; position <= entries; position++) {
    for (; next < snapshots.length && snapshots[next].position === position; next++) {
      yield line({ snapshot: { position, ...snapshots[next].saved() } });
    }
    if (position < entries) yield line(log[position]);
  }
  yield `${JSON.stringify({ end: { entries, hash, sum: sum.closedWith(entries, hash) } })}\n`;
}

export function formatLog(source: LogSource): string {
  return [...writeLog(source)].join('');
}
