/**
 * Kernels as data: a profile is a list of policies, bottom first, with the options in which a release differs from
 * their defaults. They are made from the dated facts; two that were never released are named besides.
 */
import type { Profile } from './facts/fact.ts';
import { kernelStacks } from './facts/points.ts';

export type { Chosen, Profile } from './facts/fact.ts';
export type Profiles = Readonly<Record<string, Profile>>;

/** Oldest first. Other releases are found by `resolveKernel`. */
export const PROFILES: Profiles = kernelStacks();

/** Of profiles that are alike, the first. */
export const DISTINCT_PROFILES: readonly string[] = [
  ...new Map(Object.keys(PROFILES).reverse().map((name) => [JSON.stringify(PROFILES[name]), name])).values(),
].reverse();
