/** From what was seen of the registered pages to what is said about them. */
import { formatMoment } from '../moment.ts';
import type { Registration, TracePlan } from '../plan/plan.ts';
import type { RunReport } from '../replay/run-plan.ts';
import { PAGE, pageOf } from '../space/shadow.ts';

export interface PageLoss {
  readonly item: number;
  /** Who did it. */
  readonly pid: number;
  /** A store broke COW; the owner unmapped it, moved it, or memory pressure took it. */
  readonly cause: 'cow' | 'unmapped' | 'moved' | 'reclaimed';
}

/**
 * `shared`: the child sees the device's page too; `copied`: it got a page of its own; `hole`: it has nothing there;
 * `empty`: a mapping without the page.
 */
export interface PageAtFork {
  readonly item: number;
  readonly child: number;
  readonly fate: 'shared' | 'copied' | 'hole' | 'empty';
}

/** `depends`: the recording does not show what decides; `missing` names it. */
export type PageFate = 'keeps' | 'loses' | 'depends';

export interface RegisteredPage {
  readonly vpn: number;
  readonly fate: PageFate;
  readonly why: string;
  readonly lost: PageLoss | null;
  readonly forks: readonly PageAtFork[];
  /** The accesses one would have to know of. */
  readonly missing: string | null;
}

/**
 * A registered range that does not fill its first or last page shares them with data that is not registered with it.
 */
export interface PartialPage {
  readonly vpn: number;
  readonly foreignBytes: number;
}

export interface RegisteredBuffer {
  readonly registration: Registration;
  /** The lane gave the driver its pages. */
  readonly granted: boolean;
  /** Item that took them back; null if they are held to the end. */
  readonly released: number | null;
  readonly pages: readonly RegisteredPage[];
  readonly lint: readonly PartialPage[];
}

/** Registered pages that the owner still shared with its device when it forked, by what the child got. */
export interface RegisteredFork {
  readonly item: number;
  readonly parent: number;
  readonly child: number;
  readonly shared: number;
  readonly copied: number;
  readonly hole: number;
  readonly empty: number;
}

/** An access that died because fork() left the registered page out. */
export interface HoleAccess {
  readonly item: number;
  readonly pid: number;
  readonly addr: number;
  readonly pin: number;
  /** The address is not part of the buffer: other data on a page that the buffer does not fill. */
  readonly foreign: boolean;
}

export interface RegisteredReport {
  readonly run: RunReport;
  readonly buffers: readonly RegisteredBuffer[];
  /** Each fork(), registered pages or not. */
  readonly forks: readonly RegisteredFork[];
  readonly holeAccesses: readonly HoleAccess[];
}

/** A buffer as it was watched, before anything is said about it. */
export type Seen = Omit<RegisteredBuffer, 'lint' | 'pages'> & {
  readonly pages: readonly Pick<RegisteredPage, 'vpn' | 'lost' | 'forks'>[];
};

export function summarize(
  plan: TracePlan,
  run: RunReport,
  seen: readonly Seen[],
  forks: readonly RegisteredFork[],
): RegisteredReport {
  const buffers = seen.map((buffer) => ({
    ...buffer,
    pages: buffer.pages.map(({ vpn, lost, forks: atForks }) => judge(plan, buffer, vpn, lost, atForks)),
    lint: partialPages(buffer, seen),
  }));
  return { run, buffers, forks, holeAccesses: holeAccesses(plan, run, buffers) };
}

function judge(
  plan: TracePlan,
  { registration, released }: Seen,
  vpn: number,
  lost: PageLoss | null,
  forks: readonly PageAtFork[],
): RegisteredPage {
  const page = { vpn, lost, forks, missing: null };
  if (lost !== null) return { ...page, fate: 'loses', why: whyLost(plan, lost, forks) };
  const shared = forks.find(({ fate }) => fate === 'shared');
  if (shared === undefined) return { ...page, fate: 'keeps', why: whyKept(forks) };
  if (!hidesStores(plan, registration)) {
    return { ...page, fate: 'keeps',
      why:
        `no store of the owner met it while it was write-protected; child ${shared.child} could see what the device wrote` };
  }
  const until = released === null ? 'the end' : formatMoment(plan.items[released].at);
  return {
    ...page,
    fate: 'depends',
    why: 'loses its device if the owner writes it before the child does; the recording cannot show stores to this page',
    missing: `stores of pid ${registration.pid} and of pid ${shared.child} to page 0x${vpn.toString(16)} from ${
      formatMoment(plan.items[shared.item].at)
    } to ${until}`,
  };
}

/**
 * Pages held by FOLL_PIN for writing were copied at fork() by the recorded kernel. All others are write-protected, and
 * their stores sampled.
 */
function hidesStores(plan: TracePlan, { kind }: Registration): boolean {
  return !plan.stated && (kind === 'io_uring' || !plan.sampled);
}

function whyLost(plan: TracePlan, { item, pid, cause }: PageLoss, forks: readonly PageAtFork[]): string {
  const at = formatMoment(plan.items[item].at);
  if (cause === 'unmapped') return `pid ${pid} unmapped it at ${at}, while the device held it`;
  if (cause === 'moved') return `pid ${pid} moved it at ${at}, while the device held it`;
  if (cause === 'reclaimed') return `memory pressure took it at ${at}, while the device held it`;
  const shared = forks.filter(({ fate }) => fate === 'shared').at(-1);
  const left = shared === undefined ? '' : `; the fork() of child ${shared.child} had write-protected it`;
  return `a store of pid ${pid} at ${at} moved the owner to a copy, the device keeps the old page${left}`;
}

function whyKept(forks: readonly PageAtFork[]): string {
  if (forks.length === 0) return 'nobody forked while it was registered';
  const fates = new Set(forks.map(({ fate }) => fate));
  if (fates.has('copied')) return 'each child got a copy at fork()';
  return fates.has('hole') ? 'fork() left it out: the child has a hole there' : 'the child got an empty page there';
}

/** Bytes of the edge pages that belong to no buffer which the same process has registered at the same time. */
function partialPages(buffer: Seen, all: readonly Seen[]): PartialPage[] {
  const { task, vpn, nrPages } = buffer.registration;
  const together = all.filter((other) => other.registration.task === task && overlapInTime(buffer, other)).map((
    { registration },
  ) => registration);
  return [...new Set([vpn, vpn + nrPages - 1])]
    .map((at) => ({ vpn: at, foreignBytes: PAGE - bytesCovered(at, together) }))
    .filter(({ foreignBytes }) => foreignBytes > 0);
}

function overlapInTime(a: Seen, b: Seen): boolean {
  return a.registration.item < (b.released ?? Infinity) && b.registration.item < (a.released ?? Infinity);
}

function bytesCovered(vpn: number, ranges: readonly Registration[]): number {
  const edges = ranges.map(({ base, lengthBytes }) => [base - vpn * PAGE, base + lengthBytes - vpn * PAGE]).sort((
    a,
    b,
  ) => a[0] - b[0]);
  let covered = 0;
  let from = 0;
  for (const [start, end] of edges) {
    const first = Math.max(start, from);
    const last = Math.min(end, PAGE);
    if (last <= first) continue;
    covered += last - first;
    from = last;
  }
  return covered;
}

function holeAccesses(plan: TracePlan, run: RunReport, buffers: RegisteredReport['buffers']): HoleAccess[] {
  return run.mismatches.flatMap(({ kind, item: index }) => {
    const item = plan.items[index];
    if (kind !== 'signal' || item.kind !== 'access') return [];
    const vpn = pageOf(item.addr);
    const hole = buffers.find(({ pages }) =>
      pages.some((page) =>
        page.vpn === vpn && page.forks.some(({ child, fate }) => child === item.pid && fate === 'hole')
      )
    );
    if (hole === undefined) return [];
    const { base, lengthBytes, pin } = hole.registration;
    return [{ item: index, pid: item.pid, addr: item.addr, pin,
      foreign: item.addr < base || item.addr >= base + lengthBytes }];
  });
}
