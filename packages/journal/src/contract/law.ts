/** What a law of journals is, and what it needs of a store to be tried on it. */

import type { Journal } from '../journal.ts';

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

export interface Law {
  readonly title: string;
  run(store: Store, effort: Effort): Promise<string>;
}
