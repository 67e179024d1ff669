/**
 * Which steps of a search hide several of the kernel's, and whether another actor can come between these: one that
 * no lock keeps
 * away meanwhile, and whose steps touch at least two of the words. (Who touches only one of them comes before it or
 * after it,
 * and that is before or after all of them.)
 */
import type { Event } from '@cowlab/core';
import { type Coarse, coarseOf } from '../machine/coarse.ts';
import type { SectionName } from '../machine/words.ts';
import type { Automaton, Leaf } from '../machine/automaton.ts';

export interface CoarseStep extends Coarse {
  /** Whose step it is. */
  readonly actor: string;
  /** Who can come between what it hides. */
  readonly between: readonly string[];
}

/** The locks that an actor holds at a place, by mm. */
type Held = ReadonlyMap<string, number>;

export function coarseSteps(automaton: Automaton): readonly CoarseStep[] {
  const held = automaton.actors.map((_, a) => heldAt(automaton, a));
  const found = new Map<string, { readonly coarse: Coarse; readonly actor: number; readonly between: Set<number> }>();
  for (const leaf of automaton.leaves) {
    for (const fact of leaf.facts) {
      const coarse = coarseOf(fact.type);
      if (coarse === null || isFine(automaton, leaf, fact.type)) continue;
      const key = `${leaf.actor} ${coarse.step}`;
      const entry = found.get(key) ?? { coarse, actor: leaf.actor, between: new Set<number>() };
      found.set(key, entry);
      const step: Hidden = { leaf, words: coarse.words, apart: coarse.apart,
        held: held[leaf.actor][leaf.from] ?? NOTHING };
      automaton.actors.forEach((_, b) => {
        if (b !== leaf.actor && !entry.between.has(b) && comesBetween(automaton, step, b, held[b]))
          entry.between.add(b);
      });
    }
  }
  const name = (a: number): string => automaton.actors[a].name;
  return [...found.values()].map(({ coarse: { step, why }, actor, between }) => ({ step, why, actor: name(actor),
    between: [...between].sort((a, b) => a - b).map(name) })
  );
}

interface Hidden {
  readonly leaf: Leaf;
  readonly words: readonly SectionName[];
  readonly apart: NonNullable<ReturnType<typeof coarseOf>>['apart'];
  readonly held: Held;
}

const NOTHING: Held = new Map();

/**
 * Where it has steps of its own: zapped after its entry was cleared in a step before, or torn into the steps after
 * it.
 */
function isFine(automaton: Automaton, { actor, name, to }: Leaf, type: Event['type']): boolean {
  return (type === 'PtesZapped' && name === 'mapcount--')
    || (type === 'PmdSplit' && to >= 0 && automaton.places[actor][to].left.length > 0);
}

function comesBetween(
  automaton: Automaton,
  { leaf: coarse, words, apart, held }: Hidden,
  b: number,
  theirs: readonly (Held | undefined)[],
): boolean {
  const hides = (v: number): boolean =>
    v >= 0 && words.includes(automaton.watched.section(automaton.variables[v].word).name);
  const written = new Set([...writtenBy(coarse)].filter(hides));
  const touched = new Set([...written, ...coarse.reads.map((word) => automaton.variable(word)).filter(hides)]);
  const met = new Set<number>();
  for (const leaf of automaton.leaves) {
    if (leaf.actor !== b) continue;
    const own = theirs[leaf.from] ?? NOTHING;
    if (excludes(held, own)
      || apart?.some(({ path, lockless }) => path === pathOf(automaton, leaf) && (!lockless || own.size === 0))
        === true) continue;
    for (const v of writtenBy(leaf)) if (touched.has(v)) met.add(v);
    for (const word of leaf.reads) if (written.has(automaton.variable(word))) met.add(automaton.variable(word));
    if (met.size >= 2) return true;
  }
  return false;
}

const writtenBy = ({ writes, buffered }: Leaf): readonly number[] =>
  [...writes, ...buffered].filter((_, i) => i % 2 === 0);

function pathOf(automaton: Automaton, { actor, from }: Leaf): string {
  const { op, part } = automaton.places[actor][from];
  const at = automaton.actors[actor].operations[op]?.parts[part];
  return at === undefined ? '' : at.kind === 'path' ? at.path.name : at.name;
}

function heldAt(automaton: Automaton, a: number): readonly (Held | undefined)[] {
  const held: (Held | undefined)[] = [NOTHING];
  const leaves = automaton.leaves.filter(({ actor, to }) => actor === a && to >= 0);
  for (let changed = true; changed;) {
    changed = false;
    for (const leaf of leaves) {
      const before = held[leaf.from];
      if (before === undefined || held[leaf.to] !== undefined) continue;
      held[leaf.to] = after(before, leaf.facts);
      changed = true;
    }
  }
  return held;
}

/** A reader adds 1 to its lock, a writer takes 1 away. */
function after(before: Held, facts: readonly Event[]): Held {
  let now: Map<string, number> | null = null;
  const move = (key: string, by: number): void => {
    now ??= new Map(before);
    const sum = (now.get(key) ?? 0) + by;
    if (sum === 0) now.delete(key);
    else now.set(key, sum);
  };
  for (const fact of facts) {
    if (fact.type === 'LockTaken' || fact.type === 'LockDropped') move(`${fact.lock} ${fact.mm}`, fact.by);
    else if (fact.type === 'VmaReadLocked') move(vmaLock(fact), 1);
    else if (fact.type === 'VmaReadUnlocked') move(vmaLock(fact), -1);
    else if (fact.type === 'VmaWriteLocked') move(vmaLock(fact), -1);
    else if (fact.type === 'VmaWritesUnlocked') {
      for (const [key, by] of before) if (by < 0 && key.startsWith(vmaLock({ mm: fact.mm, vma: '' }))) move(key, 1);
    }
  }
  return now ?? before;
}

const vmaLock = ({ mm, vma }: { readonly mm: number; readonly vma: number | '' }): string => `vma ${mm} ${vma}`;

/** One of the two waits for the other. */
function excludes(one: Held, other: Held): boolean {
  for (const [lock, by] of one) {
    const theirs = other.get(lock);
    if (theirs !== undefined && (lock.startsWith('ptl') || by < 0 || theirs < 0)) return true;
  }
  return false;
}
