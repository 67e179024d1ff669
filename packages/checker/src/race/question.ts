/** A race under one policy: everything that a search needs. */
import { frameAt, type Policy, TASK, type World } from '@cowlab/core';
import type { Actor } from '../machine/actor.ts';
import { formatRaceStep, isHolding, type Operations, pinOf, type RaceStep } from '../machine/operations.ts';
import { ordersOf } from '../memory/orders.ts';
import { fencesOf } from '../memory/strengthenings.ts';
import { askedTwice } from '../machine/witness.ts';
import { tablesOf, WatchedWorld } from '../machine/words.ts';
import { Automaton } from '../machine/automaton.ts';
import type { Race, RaceActor } from './race.ts';
import { prepare } from './setup.ts';
import { type BrokenSpec, judge, type Plan, type PlannedStore, type SpecName } from './specs.ts';

export interface Question {
  readonly race: Race;
  readonly policy: Policy;
  readonly automaton: Automaton;
  /** What does not hold once everybody is through; `value` gives a variable's number there. */
  readonly judge: (value: (variable: number) => number) => readonly BrokenSpec[];
}

/** @throws RangeError when the setup is refused or an actor has a step that cannot be interleaved */
export function ask(race: Race, policy: Policy): Question {
  const twice = askedTwice(policy);
  const { world, operations, granted } = prepare(race.setup, race.actors, twice);
  const pristine = world.clone();
  const watched = new WatchedWorld(world);
  for (const pin of granted) watched.grant(pin);
  const actors = race.actors.map((actor) => actorOf(actor, operations, race, pristine));
  const automaton = new Automaton(actors, watched, policy, ordersOf(race.weakened), copiesApart(race, policy),
    fencesOf(race.strengthened ?? []));
  const plan = planOf(race, operations, pristine);
  const specs = new Set<SpecName>(race.specs);
  return {
    race,
    policy,
    automaton,
    judge: (value) => {
      const left = pristine.clone();
      const tables = tablesOf(left);
      automaton.variables.forEach(({ word, values }, v) => {
        const { name, index } = watched.section(word);
        const table = tables.find(([of]) => of === name);
        if (table !== undefined) table[1][index] = values[value(v)];
      });
      return judge(left, twice, specs, plan);
    },
  };
}

/** Entries are stale and a fault runs: beside fork() before 6.4.3, beside clear_refs before 5.11. */
function copiesApart({ actors }: Race, { traits }: Policy): boolean {
  const runs = (op: RaceStep['op']): boolean => actors.some(({ steps }) => steps.some((step) => step.op === op));
  return actors.some(({ tlb }) => tlb)
    && ((traits.faultLock !== 'mmap' && !traits.forkLocksVmas && runs('fork'))
      || (traits.clearRefsLock === 'mmap-read' && runs('clearrefs')));
}

function actorOf({ name, tlb, steps }: RaceActor, operations: Operations, race: Race, world: World): Actor {
  const task = steps.find((step): step is Extract<RaceStep, { readonly p: number }> => 'p' in step)?.p ?? -1;
  return { name, what: whatOf(steps), tlb, operations: steps.map((step) => operations.of(step)),
    memory: memoryOf(world, task), alike: alikeOf(tlb, steps, race) };
}

/** Threads share it. Who is born in the race has memory of its own, which nobody runs in before. */
function memoryOf({ tasks, mms }: World, task: number): number {
  if (task < 0) return task;
  return tasks.isLive(task) ? tasks.get(task, TASK.MM) : mms.count + task;
}

/** An actor that does nothing but take pages once, which nobody then uses by name. */
function alikeOf(tlb: boolean, steps: readonly RaceStep[], { actors }: Race): Actor['alike'] {
  const [step] = steps;
  if (steps.length !== 1 || !isHolding(step)) return null;
  if (actors.some((other) => other.steps.some((use) => use !== step && 'slot' in use && use.slot === step.slot)))
    return null;
  return { kind: `${tlb} ${formatRaceStep({ ...step, slot: 0 })}`, pin: pinOf(step) };
}

const WHAT: Readonly<Record<string, string>> = { fork: 'fork()', pin: 'pin_user_pages()', gupfast: 'fast GUP',
  rpin: 'R/O pin', spin: 'R/O pin', vmsplice: 'vmsplice()', write: 'store', read: 'load', swapout: 'reclaim',
  ksm: 'ksmd', devwrite: 'device', devread: 'device', unpin: 'unpin', touch: 'store', clearrefs: 'clear_refs' };

function whatOf(steps: readonly RaceStep[]): string {
  return [...new Set(steps.map(({ op }) => WHAT[op] ?? `${op}()`))].slice(0, 2).join(', ');
}

function planOf({ actors }: Race, operations: Operations, before: World): Plan {
  const stores: PlannedStore[] = [];
  const forks: { child: number; parent: number }[] = [];
  const owners = new Map<number, { p: number; r: number }>();
  for (const { steps } of actors)
    for (const step of steps) if ('slot' in step && 'r' in step) owners.set(step.slot, { p: step.p, r: step.r });
  actors.forEach(({ steps }, actor) => {
    for (const step of steps) {
      if (step.op === 'fork') forks.push({ child: step.child, parent: step.p });
      if (step.op === 'write')
        stores.push({ actor, task: step.p, vpn: operations.vpn(step.r, step.page), value: step.value, pin: null });
      if (step.op === 'devwrite') {
        const owner = owners.get(step.slot);
        if (owner !== undefined)
          stores.push({ actor, task: owner.p, vpn: operations.vpn(owner.r, step.page), value: step.value,
            pin: pinOf(step) });
      }
    }
  });
  const initial = (task: number, vpn: number): number => {
    const pfn = frameAt(before, before.tasks.get(task, TASK.MM), vpn);
    return pfn < 0 ? 0 : before.pages.stamp[pfn];
  };
  return { stores, forks, initial };
}
