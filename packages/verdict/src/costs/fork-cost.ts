/**
 * What a fork() costs, counted from the recording: at most, because which of the mapped pages were ever touched, only
 * samples would show. Times are those of two machines; ratios carry over better than times.
 */
import { type Evidence, isHeldAt } from '../hazards/evidence.ts';
import { type Fork, PAGE } from '../story/entities.ts';
import { type CostProfile, forkTime, SHIPPED_COSTS } from './profile.ts';

export interface ForkCost {
  /** Private bytes mapped: fork() copies page-table entries for what of them was touched. */
  readonly privateBytes: number;
  readonly mappings: number;
  /** Pages that kernels with early copy give the child at once. */
  readonly earlyCopies: number;
  /** Of one fork() that shares all of them, and of the early copies: least and most in nanoseconds. */
  readonly nanoseconds: readonly [number, number];
  /** How many times as long an early copy takes as sharing, least and most. */
  readonly timesSharing: readonly [number, number];
  readonly source: string;
}

export function forkCost(fork: Fork, { story }: Evidence, costs: readonly CostProfile[] = SHIPPED_COSTS): ForkCost {
  const held = story.holds.filter((hold) =>
    hold.mm === fork.parent && isHeldAt(hold, fork.line) && hold.kind === 'io_uring'
  );
  const earlyCopies = held.reduce((sum, hold) =>
    sum + (story.under.get(`${fork.id} ${hold.id}`) ?? [])
      .filter(({ value }) => !value.shared && value.advice?.kind !== 'dontfork' && value.advice?.kind !== 'wipeonfork')
      .reduce((pages, { start, end }) => pages + end - start, 0), 0);
  const times = costs.map((one) => forkTime(one, { shared: fork.bytes / PAGE, early: earlyCopies }));
  const ratios = costs.flatMap(({ perPage: { earlyCopy, share } }) =>
    earlyCopy === null || share.middle === 0 ? [] : [Math.round(earlyCopy.middle / share.middle)]
  );
  // Of two machines the middles are the ends; of one, between which 19 of 20 runs lie.
  const ends = costs.length > 1
    ? times.map(({ middle }) => middle)
    : times.flatMap(({ low, high }) => [low, high]);
  return { privateBytes: fork.bytes, mappings: fork.mappings, earlyCopies,
    nanoseconds: [Math.round(Math.min(...ends)), Math.round(Math.max(...ends))],
    timesSharing: [Math.min(...ratios), Math.max(...ratios)],
    source: `at most, if every private page was touched; ${costs.map(({ source }) => source).join('; ')}` };
}
