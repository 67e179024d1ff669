/**
 * What a process, a device or a pipe sees in the end. A process looks by a faulting load, and a load changes the world
 * (swap comes in, holes are filled), so it is done on a branch: no look disturbs another one or what comes after.
 */
import { execute, inspectPin, type Result } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import type { Slot } from '@cowlab/scenario';

/**
 * `unmapped`: the owner has nothing at that address any more, a load faults. Whatever the state but coherent, the
 * device works on a page that its owner does not see.
 */
export type PinnedPageState = 'coherent' | 'diverged' | 'unmapped' | 'owner-gone';

export interface PinnedPage {
  /** Counted in the region. */
  readonly page: number;
  readonly state: PinnedPageState;
  /** Frame that the device holds. */
  readonly pfn: number;
  /** Frame that the owner maps there after a load; -1 for none. */
  readonly ownerPfn: number;
  /** What the device loads. */
  readonly value: number;
}

export interface PinLook {
  readonly p: number;
  readonly r: number;
  readonly pages: readonly PinnedPage[];
}

/** A process's load of page `vpn`, on a branch of the lab. */
export function lookAtPage(lab: Lab, task: number, vpn: number): Result {
  return execute(lab.branch(), { type: 'Load', task, vpn, nr: 1 }).result;
}

/** Several loads of one or more processes, on one branch: a load changes nothing that another one sees. */
export function lookAtPages(
  lab: Lab,
  at: readonly { readonly task: number; readonly vpn: number }[],
): Result[] {
  const kernel = lab.branch();
  return at.map(({ task, vpn }) => execute(kernel, { type: 'Load', task, vpn, nr: 1 }).result);
}

export function lookAtPin(lab: Lab, mms: ReadonlyMap<number, number>, slot: Slot): PinLook {
  const before = lab.world.pin(slot.pin);
  const owner = [...mms].find(([task, mm]) => mm === before.mm && lab.world.isTaskLive(task));
  if (before.ownerGone || owner === undefined) {
    return { p: slot.p, r: slot.r,
      pages: before.pages.map(({ pfn, value }, at) => ({ page: slot.start + at, state: 'owner-gone', pfn, ownerPfn: -1,
        value })
      ) };
  }
  const kernel = lab.branch();
  const loads = before.pages.map((_, at) =>
    execute(kernel, { type: 'Load', task: owner[0], vpn: before.vpn + at, nr: 1 }).result.ok
  );
  const after = inspectPin(kernel.world, slot.pin);
  const pages = after.pages.map(({ pfn, ownerPfn, value }, at): PinnedPage => ({ page: slot.start + at,
    state: !loads[at] ? 'unmapped' : pfn === ownerPfn ? 'coherent' : 'diverged', pfn, ownerPfn, value })
  );
  return { p: slot.p, r: slot.r, pages };
}
