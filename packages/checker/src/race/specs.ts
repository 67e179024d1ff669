/**
 * What must hold when everybody is through. Each is judged on the world that is left, by the kernel itself: who stores
 * there next, what does who see?
 */
import { checkInvariants, execute, FOLL_PIN, frameAt, isCowMapping, isWritable, Kernel, leafEntry, MM, PG_LIVE, PIN,
  pinnedFrame, type Policy, TASK, VM_WRITE, VMA, vmaAtIndex, vmaOf, NO_VMA, type World,
  MAPCOUNT_SHIFT } from '@cowlab/core';
import { regionsOf } from '../machine/names.ts';
import { POOL_START } from '../machine/words.ts';
import { RACE_GEOMETRY } from './geometry.ts';

/** Name and what it asks for. */
export const SPECS = {
  coherence: 'a device (or pipe) and the owner of its pages see the same memory',
  isolation: 'nobody sees what another process, or a device of another process, stores to private memory',
  permissions: 'no entry allows more than its VMA does',
  balance: 'reference counts and mapcounts are what a recount finds',
  'no-lost-write': 'a page ends up holding what somebody stored last',
  'page-snapshot': 'each page of the child holds what that page held at some moment',
  snapshot: 'all pages of the child together hold what they held at one moment',
  'no-leak': 'no page is left that nobody refers to',
  deadlock: 'everybody can go on to the end',
} as const;

export type SpecName = keyof typeof SPECS;
export const DEFAULT_SPECS: readonly SpecName[] = ['coherence', 'isolation', 'permissions', 'balance', 'no-leak',
  'deadlock'];

export interface BrokenSpec {
  readonly spec: SpecName;
  readonly what: string;
}

/** A store that an actor of the race makes, in the order of its program. */
export interface PlannedStore {
  readonly actor: number;
  readonly task: number;
  readonly vpn: number;
  readonly value: number;
  /** By a device: through this pin. */
  readonly pin: number | null;
}

export interface Plan {
  readonly stores: readonly PlannedStore[];
  /** Children that the race makes: task, parent task. */
  readonly forks: readonly { readonly child: number; readonly parent: number }[];
  /** What pages held before, by parent task and page. */
  readonly initial: (task: number, vpn: number) => number;
}

/** What of `specs` does not hold in `world`, which is used up. */
export function judge(world: World, policy: Policy, specs: ReadonlySet<SpecName>, plan: Plan): readonly BrokenSpec[] {
  const broken: BrokenSpec[] = [];
  const say = (spec: SpecName, what: string): void => {
    if (specs.has(spec)) broken.push({ spec, what });
  };
  world.pages.frames.recount(world.pages.count, (pfn) => pfn === 0 || (world.pages.meta[pfn] & PG_LIVE) !== 0);
  for (const { invariant, what } of checkInvariants(world, { anonExclusive: policy.traits.anonExclusive })) {
    say(invariant === 'H9' ? 'permissions' : 'balance', what);
  }
  if (specs.has('no-leak')) leaks(world, say);
  if (specs.has('no-lost-write')) lostWrites(world, plan, say);
  if (specs.has('snapshot') || specs.has('page-snapshot')) snapshots(world, plan, say);
  if (specs.has('coherence') || specs.has('isolation')) probe(world, policy, say);
  return broken;
}

type Say = (spec: SpecName, what: string) => void;

function leaks(w: World, say: Say): void {
  const held = new Set<number>();
  for (let pin = 0; pin < w.pins.count; pin++) {
    if (w.pins.isLive(pin)) { for (let i = 0; i < w.pins.get(pin, PIN.NR); i++) held.add(pinnedFrame(w, pin, i)); }
  }
  for (let slot = 0; slot < w.swaps.count; slot++) if (w.swaps.isLive(slot)) held.add(w.swaps.get(slot, 2) - 1);
  for (let pfn = POOL_START; pfn < w.pages.count; pfn++) {
    const meta = w.pages.meta[pfn];
    if ((meta & PG_LIVE) !== 0 && !w.pages.isLarge(pfn) && meta >> MAPCOUNT_SHIFT === 0 && !held.has(pfn))
      say('no-leak', `page frame ${pfn} was allocated and nobody refers to it`);
  }
}

/** A task of each mm that is alive. */
function owners(w: World): Map<number, number> {
  const tasks = new Map<number, number>();
  for (let task = 0; task < w.tasks.count; task++) {
    if (!w.tasks.isLive(task)) continue;
    const mm = w.tasks.get(task, TASK.MM);
    if (!tasks.has(mm)) tasks.set(mm, task);
  }
  return tasks;
}

/** What `task` would load, or null where it would not find memory. */
function valueOf(w: World, task: number, vpn: number): number | null {
  if (!w.tasks.isLive(task)) return null;
  const pfn = frameAt(w, w.tasks.get(task, TASK.MM), vpn);
  return pfn < 0 ? null : w.pages.stamp[pfn];
}

function lostWrites(w: World, { stores }: Plan, say: Say): void {
  const last = new Map<string, Map<number, number>>();
  for (const { actor, task, vpn, value, pin } of stores) {
    if (pin !== null && (!w.pins.isLive(pin) || pinnedFrame(w, pin, vpn - w.pins.get(pin, PIN.VPN)) < 0)) continue;
    const key = `${w.tasks.isLive(task) ? w.tasks.get(task, TASK.MM) : -1}:${vpn}`;
    last.set(key, (last.get(key) ?? new Map<number, number>()).set(actor, value));
  }
  for (const { task, vpn } of stores) {
    const seen = valueOf(w, task, vpn);
    const candidates = [
      ...(last.get(`${w.tasks.isLive(task) ? w.tasks.get(task, TASK.MM) : -1}:${vpn}`)?.values() ?? []),
    ];
    if (seen !== null && candidates.length > 0 && !candidates.includes(seen)) {
      say('no-lost-write',
        `${pageText(vpn)} of process ${task} holds ${seen}, stored last was ${candidates.join(' or ')}`);
      return;
    }
  }
}

function snapshots(w: World, { stores, forks, initial }: Plan, say: Say): void {
  for (const { child, parent } of forks) {
    if (!w.tasks.isLive(child)) continue;
    const own = new Set(stores.filter(({ task }) => task === child).map(({ vpn }) => vpn));
    const written = stores.filter(({ task, vpn }) => task === parent && !own.has(vpn));
    const pages = [...new Set(written.map(({ vpn }) => vpn))];
    const seen = new Map(pages.flatMap((vpn) => {
      const value = valueOf(w, child, vpn);
      return value === null ? [] : [[vpn, value] as const];
    }));
    for (const [vpn, value] of seen) {
      const ever = [initial(parent, vpn), ...written.filter((store) => store.vpn === vpn).map((store) => store.value)];
      if (!ever.includes(value))
        say('page-snapshot', `${pageText(vpn)} of child ${child} holds ${value}, which it never held before`);
    }
    if (!isCut(seen, written, (vpn) => initial(parent, vpn))) {
      say('snapshot', `child ${child} sees ${
        [...seen].map(([vpn, value]) => `${pageText(vpn)} = ${value}`).join(', ')
      }: at no moment was memory so`);
    }
  }
}

/** Is what was seen what memory held when each writer had done some first part of its stores? */
function isCut(
  seen: ReadonlyMap<number, number>,
  stores: readonly PlannedStore[],
  initial: (vpn: number) => number,
): boolean {
  const writers = [...new Set(stores.map(({ actor }) => actor))].map((actor) =>
    stores.filter((store) => store.actor === actor)
  );
  const fits = (done: readonly number[]): boolean =>
    [...seen].every(([vpn, value]) => {
      const lasts = writers.flatMap((own, at) =>
        own.slice(0, done[at]).findLast((store) => store.vpn === vpn)?.value ?? []
      );
      return lasts.length === 0 ? value === initial(vpn) : lasts.includes(value);
    });
  const tryFrom = (at: number, done: readonly number[]): boolean =>
    at === writers.length
      ? fits(done)
      : Array.from({ length: writers[at].length + 1 }, (_, nr) => nr).some((nr) => tryFrom(at + 1, [...done, nr]));
  return tryFrom(0, []);
}

const { start: FIRST_PAGE, span: REGION_PAGES } = regionsOf(RACE_GEOMETRY);

/** Pages as the race's file counts them: from the start of their region. */
function pageText(vpn: number): string {
  const r = Math.floor((vpn - FIRST_PAGE) / REGION_PAGES);
  return `page ${vpn - FIRST_PAGE - r * REGION_PAGES}${r === 0 ? '' : ` of region ${r}`}`;
}

/** Fresh values: above every value of a program. */
const FIRST_FRESH = 1000;

/** Who may write without a fault to what another process sees needs no copy, ever: the other one sees each store. */
function writers(w: World, say: Say): void {
  const tasks = [...owners(w)];
  for (const [mm, task] of tasks) {
    for (const vpn of privatePages(w, mm)) {
      if (!isWritable(leafEntry(w, mm, vpn))) continue;
      const seen = tasks.find(([other]) =>
        other !== mm && frameAt(w, other, vpn) === frameAt(w, mm, vpn) && isPrivate(w, other, vpn)
      );
      if (seen !== undefined)
        say('isolation', `process ${task} may write to ${pageText(vpn)} where process ${seen[1]} sees it`);
    }
  }
}

function isPrivate(w: World, mm: number, vpn: number): boolean {
  const vma = vmaOf(w, mm, vpn);
  return vma !== NO_VMA && isCowMapping(w.vmas.get(vma, VMA.FLAGS));
}

/** That are there. */
function* privatePages(w: World, mm: number): Generator<number> {
  for (let i = 0; i < w.mms.get(mm, MM.MAP_COUNT); i++) {
    const vma = vmaAtIndex(w, mm, i);
    if (!isCowMapping(w.vmas.get(vma, VMA.FLAGS))) continue;
    for (let vpn = w.vmas.get(vma, VMA.START); vpn < w.vmas.get(vma, VMA.END); vpn++)
      if (leafEntry(w, mm, vpn) !== 0) yield vpn;
  }
}

/** Every process stores to every private page that it may write, then every device to every page that it holds. */
function probe(w: World, policy: Policy, say: Say): void {
  writers(w, say);
  const k = new Kernel(w, policy);
  const tasks = owners(w);
  let fresh = FIRST_FRESH;
  const stored: { mm: number; task: number; vpn: number; value: number }[] = [];
  for (const [mm, task] of tasks) {
    for (let i = 0; i < w.mms.get(mm, MM.MAP_COUNT); i++) {
      const vma = vmaAtIndex(w, mm, i);
      const flags = w.vmas.get(vma, VMA.FLAGS);
      if (!isCowMapping(flags) || (flags & VM_WRITE) === 0) continue;
      for (let vpn = w.vmas.get(vma, VMA.START); vpn < w.vmas.get(vma, VMA.END); vpn++) {
        if (leafEntry(w, mm, vpn) === 0) continue;
        const value = fresh++;
        if (execute(k, { type: 'Store', task, vpn, nr: 1, value }).result.ok) stored.push({ mm, task, vpn, value });
      }
    }
  }
  for (const { mm, task, vpn, value } of stored) {
    const seen = valueOf(w, task, vpn);
    if (seen === value || seen === null) continue;
    const by = stored.find((other) => other.value === seen);
    if (by !== undefined && by.mm !== mm)
      say('isolation', `process ${task} finds at ${pageText(vpn)} what process ${by.task} stored`);
  }
  for (let pin = 0; pin < w.pins.count; pin++) {
    if (!w.pins.isLive(pin) || w.pins.get(pin, PIN.OWNER_GONE) !== 0) continue;
    const mm = w.pins.get(pin, PIN.MM);
    const what = (w.pins.get(pin, PIN.FLAGS) & FOLL_PIN) !== 0 ? 'the device' : 'the pipe';
    const owner = tasks.get(mm);
    for (let i = 0; i < w.pins.get(pin, PIN.NR); i++) {
      const pfn = pinnedFrame(w, pin, i);
      const vpn = w.pins.get(pin, PIN.VPN) + i;
      if (pfn < 0 || owner === undefined) continue;
      const vma = vmaOf(w, mm, vpn);
      // What the owner took away itself is no longer there to be seen.
      if (vma === NO_VMA || leafEntry(w, mm, vpn) === 0 || !isCowMapping(w.vmas.get(vma, VMA.FLAGS))) continue;
      execute(k, { type: 'Load', task: owner, vpn, nr: 1 });
      if (frameAt(w, mm, vpn) !== pfn)
        say('coherence',
          `${what} holds frame ${pfn} for ${pageText(vpn)}, process ${owner} stores to frame ${frameAt(w, mm, vpn)}`);
      for (const [other, task] of tasks) {
        if (other !== mm && frameAt(w, other, vpn) === pfn)
          say('isolation', `process ${task} sees at ${pageText(vpn)} what ${what} of process ${owner} stores`);
      }
    }
  }
}
