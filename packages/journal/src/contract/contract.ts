/**
 * What every journal must hold, whatever it stores its chunks in: a list of laws that any runner can go through. A law
 * throws when it is broken and answers what it saw.
 */

import type { Journal } from '../journal.ts';
import { lawsOfDamage } from './laws-of-damage.ts';
import { lawsOfMemory } from './laws-of-memory.ts';
import { lawsOfOrder } from './laws-of-order.ts';
import { lawsOfProcesses } from './laws-of-processes.ts';
import { lawsOfSubscribing } from './laws-of-subscribing.ts';

/** A place that holds one journal, fresh at first. */
export interface Place {
  /** By which other processes find it; null when they cannot. */
  readonly address: string | null;
  /** Whether several handles may write one stream at a time. */
  readonly manyWriters: boolean;
  open(): Promise<Journal>;
  /** A journal whose store runs out of room at the nth chance it has. */
  starve?(nth: number, mode: 'once' | 'until-relieved'): Promise<Starving>;
  /** How many bytes it consists of, when nobody has it open. */
  bytes?(): Promise<number>;
  /** A copy in which one bit is flipped. */
  flipped?(byte: number, bit: number): Promise<Pick<Place, 'open' | 'remove'>>;
  remove(): Promise<void>;
}

export interface Starving {
  readonly journal: Journal;
  /** Whether it has run out. */
  hit(): boolean;
  /** There is room again; answers the journal to go on with. */
  relieve(): Promise<Journal>;
}

export interface Store {
  readonly name: string;
  place(): Promise<Place>;
  /** Why a law cannot be tried on it: said, never passed over. */
  readonly untried?: Readonly<Record<string, string>>;
}

/** How much of each law. */
export interface Effort {
  readonly kills: number;
  /** So many bytes, spread over all, have a bit flipped. */
  readonly flips: number;
  /** At most so many failing writes, spread over all there are. */
  readonly starvations: number;
  readonly appendsPerWriter: number;
  readonly flatBytes: number;
  /** What the 99th of a hundred words to a subscriber may take. */
  readonly lagMsMax: number;
  /** Told now and then in long laws. */
  readonly progress?: (text: string) => void;
}

export const SHORT: Effort = { kills: 10, flips: 120, starvations: 40, appendsPerWriter: 25, flatBytes: 32 * 1024 * 1024, lagMsMax: 250 };
export const WHOLE: Effort = { kills: 1000, flips: Infinity, starvations: Infinity, appendsPerWriter: 250, flatBytes: 10 * 1024 ** 3, lagMsMax: 50 };

export interface Law {
  readonly title: string;
  run(store: Store, effort: Effort): Promise<string>;
}

export const laws: readonly Law[] = [...lawsOfOrder, ...lawsOfSubscribing, ...lawsOfDamage, ...lawsOfProcesses, ...lawsOfMemory];
