/** The words that a race has beside those of scenarios, for those who show the language: pages, editors. */
import type { Term } from '@cowlab/scenario';
import { RACE_MEMORIES, type RaceMemory } from '../memory/memory.ts';
import { type Weakening, WEAKENINGS } from '../memory/orders.ts';
import { type Strengthening, STRENGTHENINGS } from '../memory/strengthenings.ts';
import { SPECS } from './specs.ts';

/** The parser knows these and no others. */
const TERMS = {
  title: ['title TEXT', 'a name for reports; required'],
  question: ['question TEXT', 'what the race asks'],
  note: ['note TEXT', 'what is known of its history: commits'],
  pool: ['pool N', 'huge pages in the hugetlb pool; 0 if not said'],
  spec: ['spec NAME...', 'what must hold in the end, in place of the usual'],
  weaken: ['weaken NAME...', 'a barrier that is taken away, to ask whether it is needed'],
  strengthen: ['strengthen NAME...', 'a full barrier where the kernel has none'],
  atomics: ['atomics lse|llsc', 'ARMv8: atomics by one instruction (if not said), or by a pair that loads and stores'],
  actor: ['actor NAME [tlb]', 'the steps below it are its own, one after the other, at the same time as those of other '
    + 'actors; with tlb it keeps stale TLB entries until they are flushed'],
  check: ['check LANES MEMORY VERDICT', 'what is claimed: sc, tso, armv8 or several, as sc,tso; safe or broken'],
  gupfast: ['gupfast P SLOT R A N',
    'a fast GUP: a pin for writing that gives up where the fast path ends; of actors only'],
  ksm: ['ksm P R PAGE', 'ksmd makes the page read-only; of actors only'],
  clearrefs: ['clearrefs P',
    'somebody clears the soft-dirty bits of the process by /proc/PID/clear_refs; of actors only'],
  touch: ['touch P R PAGE', 'a store to a byte of the page that no step names; of actors only'],
} as const;

type RaceWord = keyof typeof TERMS;

export const RACE_WORDS = Object.keys(TERMS) as readonly RaceWord[];

/** Of steps that only an actor can take. */
const OPERANDS = { gupfast: ['p', 'slot', 'r', 'start', 'nr'], ksm: ['p', 'r', 'page'], clearrefs: ['p'],
  touch: ['p', 'r', 'page'] } as const satisfies Partial<Record<RaceWord, Term['operands']>>;

export type ActorWord = keyof typeof OPERANDS;
export const isActorWord = (word: string): word is ActorWord => Object.hasOwn(OPERANDS, word);

/** What begins a line of a race, beside the steps of scenarios. */
export const RACE_TERMS: readonly Term[] = RACE_WORDS.map((word) => {
  const [shape, says] = TERMS[word];
  return { word, shape, says, operands: isActorWord(word) ? OPERANDS[word] : [] };
});

const WEAKENED: Readonly<Record<Weakening, string>> = {
  wrprotect: 'write-protecting is a plain store',
  lock: 'taking a lock is no barrier for earlier stores; it still excludes',
};
const MEMORY_TEXTS: Readonly<Record<RaceMemory, string>> = {
  sc: 'sequential consistency: a store is seen by all at once',
  tso: 'x86: a store may wait in the buffer of its CPU before others see it',
  armv8: 'ARMv8: loads may find old stores, and stores may come early, but for what barriers and dependencies forbid',
};
const VERDICTS = { safe: 'no order of the steps breaks what must hold', broken: 'at least one order breaks it' };

/** What may stand after `spec`, `weaken`, `strengthen` and `check LANES`, and what each means. */
export const RACE_VALUES = {
  spec: SPECS,
  weaken: Object.fromEntries((Object.keys(WEAKENINGS) as Weakening[]).map((name) => [name, WEAKENED[name]])),
  strengthen: Object.fromEntries(
    (Object.keys(STRENGTHENINGS) as Strengthening[]).map((name) => [name, STRENGTHENINGS[name].what]),
  ),
  memory: Object.fromEntries(RACE_MEMORIES.map((memory) => [memory, MEMORY_TEXTS[memory]])),
  verdict: VERDICTS,
} as const satisfies Record<string, Readonly<Record<string, string>>>;
