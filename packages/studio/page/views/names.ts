/** What processes, places and lanes are called on the screen. */
import type { LaneRun } from '../../src/model/lane-run.ts';
import { DEVICES, type Layout } from '../../src/model/layout.ts';
import { session } from '../state.ts';

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** The process whose memory it is; of an mm that had several, all. */
export function columnName(lane: LaneRun | undefined, mm: number): string {
  if (mm === DEVICES) return 'devices';
  const tasks = [...lane?.mms ?? []].filter(([, of]) => of === mm).map(([task]) => task);
  return tasks.length === 0 ? `mm ${mm}` : `process ${tasks.slice(0, 3).join(', ')}`;
}

/** Region and page of it, where a scenario has regions; else the page number. */
export function pageName(vpn: number): string {
  const region = session.value?.regions.findLast(({ start }) => start <= vpn);
  return region === undefined ? hex(vpn) : `region ${region.r} page ${vpn - region.start}`;
}

export function bandName({ start }: Layout['bands'][number]): string {
  const region = session.value?.regions.find((candidate) => candidate.start === start);
  return region === undefined ? hex(start) : `region ${region.r}`;
}
