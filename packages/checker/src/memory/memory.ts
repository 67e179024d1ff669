/**
 * The memory models. `sc`: a store is seen by all at once. `tso`: it may wait in the buffer of its CPU, whose own
 * loads see it,
 * and leaves it in the order in which it came.
 */
import type { Buffers } from './buffers.ts';

export type Memory = 'sc' | 'tso';
export const MEMORIES: readonly Memory[] = ['sc', 'tso'];
/** Those under which a race can be asked about; the last has searches and states of its own (`weak/`). */
export type RaceMemory = Memory | 'armv8';
export const RACE_MEMORIES: readonly RaceMemory[] = [...MEMORIES, 'armv8'];

/** Of a step, as far as memory is concerned. */
interface Storing {
  /** Waits until the actor's store buffer is empty. */
  readonly drains: boolean;
  /** Variables and the numbers of their values: what it writes at once. */
  readonly writes: readonly number[];
}

/** Stores before a locked operation reach memory before it, and those to one word in their order. */
export function waits({ drains, writes }: Storing, buffer: number, stores: Buffers): boolean {
  return buffer !== 0 && (drains || stores.holdsAny(buffer, writes));
}
