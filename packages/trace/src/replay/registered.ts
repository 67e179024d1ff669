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
import { type Event, inspectMm, inspectPage, inspectPin, type LogEntry } from '@cowlab/core';
import { changedPtes, type PageRun } from '@cowlab/runtime';
import type { PlanItem, Registration, TracePlan } from '../plan/plan.ts';
import { type PageAtFork, type PageLoss, type RegisteredFork, type RegisteredReport, type Seen,
  summarize } from '../report/registered-report.ts';
import { type Lane, runPlan } from './run-plan.ts';

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

/** Run the plan on the lane, which must be fresh, and watch what is registered. */
export function replayRegistered(plan: TracePlan, lane: Lane): RegisteredReport {
  const watcher = new Watcher(plan, lane);
  const run = runPlan(plan, lane, { watch: (item, index, entry) => watcher.see(item, index, entry) });
  return summarize(plan, run, watcher.buffers(), watcher.forks);
}

class Watcher {
  readonly forks: RegisteredFork[] = [];
  private readonly held = new Map<number, Held>();
  private readonly findings = new Map<number, PageFindings[]>();
  private readonly released = new Map<number, number>();
  private readonly mms = new Map<number, number>();
  private readonly pids: ReadonlyMap<number, number>;

  constructor(
    private readonly plan: TracePlan,
    private readonly lane: Lane,
  ) {
    this.pids = new Map(plan.tasks.map(({ task, pid }) => [task, pid]));
  }

  see(item: PlanItem, index: number, { command, events, result }: LogEntry): void {
    for (const event of events) {
      if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') this.mms.set(event.task, event.mm);
    }
    if (command.type === 'Unpin') this.release(command.pin, index);
    if (this.held.size > 0) this.seeOwners(item, index, events);
    if (!result.ok) return;
    if (command.type === 'Pin') this.hold(command.pin);
    if (command.type === 'Fork') this.seeFork(item, index, command.task, command.child);
  }

  buffers(): Seen[] {
    return this.plan.registrations.map((registration) => {
      const findings = this.findings.get(registration.pin);
      const pages = (findings ?? []).map(({ lost, forks }, i) => ({ vpn: registration.vpn + i, lost, forks }));
      return { registration, granted: findings !== undefined, released: this.released.get(registration.pin) ?? null,
        pages };
    });
  }

  private hold(pin: number): void {
    const registration = this.plan.registrations[pin - 1];
    const pages = Array.from({ length: registration.nrPages }, (): PageFindings => ({ lost: null, forks: [] }));
    const { mm, pages: taken } = inspectPin(this.lane.world, pin);
    this.findings.set(pin, pages);
    this.held.set(pin, { registration, mm, pfns: taken.map(({ pfn }) => pfn), pages, ownerGone: false });
  }

  private release(pin: number, item: number): void {
    if (this.held.delete(pin)) this.released.set(pin, item);
  }

  /** Only what an event touched is looked at again. */
  private seeOwners(item: PlanItem, index: number, events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === 'MmDestroyed') {
        for (const held of this.held.values()) held.ownerGone ||= held.mm === event.mm;
      }
    }
    for (const event of events) {
      for (const run of changedPtes(event, this.lane.world.geometry)) {
        for (const held of this.held.values()) {
          if (run.mm === held.mm && !held.ownerGone)
            this.compare(held, run, { item: index, pid: item.pid, cause: causeOf(event.type) });
        }
      }
    }
  }

  private compare({ registration: { vpn, nrPages }, mm, pfns, pages }: Held, run: PageRun, loss: PageLoss): void {
    const end = Math.min(nrPages, run.vpn + run.nr - vpn);
    for (let i = Math.max(0, run.vpn - vpn); i < end; i++) {
      if (inspectPage(this.lane.world, mm, vpn + i).pfn !== pfns[i]) pages[i].lost ??= loss;
    }
  }

  private seeFork(item: PlanItem, index: number, task: number, child: number): void {
    const parentMm = this.mms.get(task);
    const childMm = this.mms.get(child);
    if (childMm === undefined) return;
    const counts = { shared: 0, copied: 0, hole: 0, empty: 0 };
    const pid = this.pids.get(child) ?? -1;
    const { world } = this.lane;
    const { vmas } = inspectMm(world, childMm);
    for (const { mm, registration, pfns, pages, ownerGone } of this.held.values()) {
      if (mm !== parentMm || ownerGone) continue;
      pages.forEach((page, i) => {
        if (page.lost !== null) return;
        const vpn = registration.vpn + i;
        const { present, pfn } = inspectPage(world, childMm, vpn);
        const mapped = vmas.some(({ start, end }) => start <= vpn && vpn < end);
        const fate = present ? (pfn === pfns[i] ? 'shared' : 'copied') : mapped ? 'empty' : 'hole';
        counts[fate]++;
        page.forks.push({ item: index, child: pid, fate });
      });
    }
    this.forks.push({ item: index, parent: item.pid, child: pid, ...counts });
  }
}

function causeOf(type: Event['type']): PageLoss['cause'] {
  if (type === 'PtesZapped') return 'unmapped';
  if (type === 'PtesMoved') return 'moved';
  return type === 'PageSwappedOut' ? 'reclaimed' : 'cow';
}
