/** The other threads of a search, for the one that has the kernel. */
import type { Changed, Setup } from './share.ts';
import type { Hindrance } from './shared-table.ts';

/** To a thread. The first of a search is a `Setup`; later ones are read when the thread is told to. */
export type Message = Setup | Changed;
/** From a thread: why it stopped, or that it broke. */
export type Report = Hindrance | { readonly kind: 'broken'; readonly what: string };

export interface Helpers {
  /** How many there are beside the one that asks. */
  readonly nr: number;
  send(thread: number, message: Message): void;
  /** What they reported since they were asked last. */
  reports(): readonly Report[];
}

export const NOBODY: Helpers = { nr: 0, send: () => undefined, reports: () => [] };

export const COMMANDS = { expand: 1, scatter: 2, count: 3, rank: 4, fill: 5, read: 6, end: 7 } as const;
export type CommandName = keyof typeof COMMANDS;
