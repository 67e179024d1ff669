/** `xfail LANES WHY`: lanes on which the expectations are known not all to hold, and the defect that is to blame. */
import { Cursor, type Line } from './cursor.ts';
import { formatLanes, parseLanes } from './expectation.ts';
import type { ExpectedFailure } from './program.ts';

export function parseXfail(line: Line): ExpectedFailure {
  const at = new Cursor(line, 'xfail LANES WHY');
  const lanes = parseLanes(at);
  at.word('WHY');
  return { lanes, why: line.rest.slice(line.words[1].text.length).trim(), line: line.nr };
}

export function formatXfail({ lanes, why }: ExpectedFailure): string {
  return `xfail ${formatLanes(lanes)} ${why}`;
}
