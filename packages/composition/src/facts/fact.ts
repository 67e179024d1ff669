/**
 * A dated fact: one change of the kernel's behaviour, the releases that have it, and what is known of it. Profiles, the
 * table of `cowlab policies` and the answers of `cowlab kernels --resolve` are made from these and from nothing else.
 */
import type { Options } from '@cowlab/plugin-api';

/** A policy as part of a stack. */
export interface Chosen {
  /** Policy id. */
  readonly policy: string;
  /** What differs from the policy's defaults. */
  readonly options: Options;
}

/** A kernel: policies, bottom first. */
export type Profile = readonly Chosen[];

/**
 * What a fact stands on. `recorded`: kernels on both sides were seen to differ, and the recordings are kept; `guest`,
 * `live`: they were seen to, under qemu or on a machine; `source`: the code or the commit was read; `changelog`: which
 * stable releases have it is taken from a distribution's list of what came with each; `document`: from the project's
 * notes on the kernel's sources, and not looked up again.
 */
export type Evidence = 'recorded' | 'guest' | 'live' | 'source' | 'changelog' | 'document';

export interface Commit {
  /** Twelve digits; null: not looked up, the subject is enough to find it. */
  readonly id: string | null;
  readonly subject: string;
}

/** Releases that begin to behave so: the first mainline one, and the first of each stable tree that has it besides. */
export interface Dates {
  /** `5.11` or `5.13-rc2`. Null: no mainline release, stable trees alone. */
  readonly since: string | null;
  /** By tree: `{ '5.10': '5.10.4' }`. */
  readonly ports?: Readonly<Record<string, string>>;
}

export interface Fact extends Dates {
  readonly id: string;
  /** What kernels that have it do, in a sentence. */
  readonly text: string;
  /** What it lays over a kernel; null: the model has no word for it. */
  readonly change: Chosen | null;
  readonly commit: Commit;
  readonly evidence: readonly Evidence[];
  /** What is not certain, or how it came to be known. */
  readonly note?: string;
  /** The releases that do so no more, and what ended it: a mend, or another way. */
  readonly until?: Dates & { readonly commit: Commit };
  /** A defect that whoever runs a kernel that has it is told of, asked or not. */
  readonly warns?: 'modelled' | 'not modelled';
}
