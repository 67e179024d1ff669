/**
 * What becomes of each registered page under the policy of a lane: does its owner go on seeing the page that the
 * device holds, and what did each fork() make of it for the child?
 *
 * A page that was shared by fork() while a device holds it stays write-protected, and who stores to it first decides
 * who keeps it. The kernel that was recorded copied such pages at once (since 5.9), so it served no fault for those
 * stores and no sample shows them. Unless somebody stated them, the answer for such a page is that it depends.
 *
 * Only the owner's own fork()s are looked at; a child that shares a page may hand it on to children of its own.
 */
import type { CommandOf, Event, LogEntry } from '@cowlab/core';
import { changedPtes, type Followed, type PageRun, type ReadModel, type WorldView } from '@cowlab/runtime';
import type { PlanItem, Registration, TracePlan } from '../plan/plan.ts';
import { type PageAtFork, type PageLoss, type RegisteredFork, type RegisteredReport, type Seen,
  summarize } from '../report/registered-report.ts';
import { type Lane, planSteps } from './run-plan.ts';

/** What is found out about one page while the plan runs. */
export interface PageFindings {
  lost: PageLoss | null;
  readonly forks: PageAtFork[];
}

/** A registration that the lane granted and nobody has taken back. */
interface Held {
  readonly registration: Registration;
  readonly mm: number;
  /** Frames that the device holds. */
  readonly pfns: readonly number[];
  readonly pages: readonly PageFindings[];
  /** An owner that is gone has lost nothing that anybody could miss. */
  ownerGone: boolean;
}

/** Run the plan in the lab, which must be fresh, and watch what is registered. */
export function replayRegistered(plan: TracePlan, lab: Lane & Followed): RegisteredReport {
  const running = registeredSteps(plan, lab);
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
  }
}

/** The same, for whoever has something to wait for between two items of the plan. */
export function* registeredSteps(
  plan: TracePlan,
  lab: Lane & Followed,
): Generator<void, RegisteredReport, undefined> {
  const registered = lab.follow(new RegisteredPages(plan));
  const run = yield* planSteps(plan, lab);
  lab.unfollow(registered);
  return summarize(plan, run, registered.value, registered.forks);
}

/** What becomes of the pages that a plan registers, read from the log of its run and nothing else. */
export class RegisteredPages implements ReadModel<readonly Seen[]> {
  readonly forks: RegisteredFork[] = [];
  private readonly held = new Map<number, Held>();
  private readonly findings = new Map<number, PageFindings[]>();
  private readonly released = new Map<number, number>();
  private readonly mms = new Map<number, number>();
  private readonly pids: ReadonlyMap<number, number>;
  /** Item of the plan whose commands are under way, and how many commands there are up to its end. */
  private index = -1;
  private end = 0;

  constructor(private readonly plan: TracePlan) {
    this.pids = new Map(plan.tasks.map(({ task, pid }) => [task, pid]));
  }

  /** Every command of the plan is in the log, so an entry's position tells its item. */
  apply({ position, command, events, result }: LogEntry, world: WorldView): void {
    while (position >= this.end) this.end += this.plan.items[++this.index].commands.length;
    const { index } = this;
    const item = this.plan.items[index];
    for (const event of events) {
      if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') this.mms.set(event.task, event.mm);
    }
    if (command.type === 'Unpin') this.release(command.pin, index);
    if (this.held.size > 0) this.seeOwners(item, index, events, world);
    if (!result.ok) return;
    if (command.type === 'Pin') this.hold(command.pin, world);
    if (command.type === 'Fork') this.seeFork(item, index, command, world);
  }

  get value(): readonly Seen[] {
    return this.plan.registrations.map((registration) => {
      const findings = this.findings.get(registration.pin);
      const pages = (findings ?? []).map(({ lost, forks }, i) => ({ vpn: registration.vpn + i, lost, forks }));
      return { registration, granted: findings !== undefined, released: this.released.get(registration.pin) ?? null,
        pages };
    });
  }

  private hold(pin: number, world: WorldView): void {
    const registration = this.plan.registrations[pin - 1];
    const pages = Array.from({ length: registration.nrPages }, (): PageFindings => ({ lost: null, forks: [] }));
    const { mm, pages: taken } = world.pin(pin);
    this.findings.set(pin, pages);
    this.held.set(pin, { registration, mm, pfns: taken.map(({ pfn }) => pfn), pages, ownerGone: false });
  }

  private release(pin: number, item: number): void {
    if (this.held.delete(pin)) this.released.set(pin, item);
  }

  /** Only what an event touched is looked at again. */
  private seeOwners(item: PlanItem, index: number, events: readonly Event[], world: WorldView): void {
    for (const event of events) {
      if (event.type === 'MmDestroyed') {
        for (const held of this.held.values()) held.ownerGone ||= held.mm === event.mm;
      }
    }
    for (const event of events) {
      for (const run of changedPtes(event, world.geometry)) {
        for (const held of this.held.values()) {
          if (run.mm === held.mm && !held.ownerGone)
            compare(held, run, world, { item: index, pid: item.pid, cause: causeOf(event.type) });
        }
      }
    }
  }

  private seeFork(item: PlanItem, index: number, { task, child }: CommandOf<'Fork'>, world: WorldView): void {
    const parentMm = this.mms.get(task);
    const childMm = this.mms.get(child);
    if (childMm === undefined) return;
    const counts = { shared: 0, copied: 0, hole: 0, empty: 0 };
    const pid = this.pids.get(child) ?? -1;
    for (const { mm, registration, pfns, pages, ownerGone } of this.held.values()) {
      if (mm !== parentMm || ownerGone) continue;
      pages.forEach((page, i) => {
        if (page.lost !== null) return;
        const vpn = registration.vpn + i;
        const { present, pfn } = world.page(childMm, vpn);
        const fate = present
          ? (pfn === pfns[i] ? 'shared' : 'copied')
          : world.vma(childMm, vpn) === null
          ? 'hole'
          : 'empty';
        counts[fate]++;
        page.forks.push({ item: index, child: pid, fate });
      });
    }
    this.forks.push({ item: index, parent: item.pid, child: pid, ...counts });
  }
}

function compare(
  { registration: { vpn, nrPages }, mm, pfns, pages }: Held,
  run: PageRun,
  world: WorldView,
  loss: PageLoss,
): void {
  const end = Math.min(nrPages, run.vpn + run.nr - vpn);
  for (let i = Math.max(0, run.vpn - vpn); i < end; i++) {
    if (world.page(mm, vpn + i).pfn !== pfns[i]) pages[i].lost ??= loss;
  }
}

function causeOf(type: Event['type']): PageLoss['cause'] {
  if (type === 'PtesZapped') return 'unmapped';
  if (type === 'PtesMoved') return 'moved';
  return type === 'PageSwappedOut' ? 'reclaimed' : 'cow';
}
