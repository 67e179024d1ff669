/** Plugins as the overlays that a machine takes, each over what it says it lies over. */

import type { Overlay } from '@cowlab/core';
import { asPlugin, bodyOf, type Options, type PolicyPlugin } from '@cowlab/plugin-api';
import { overlaysUpTo } from './overlays.ts';

/** What the lab and the laws accept as a policy: overlays bottom first, or a plugin. */
export type PolicyLike = readonly Overlay[] | PolicyPlugin;

const isStack = (policy: PolicyLike): policy is readonly Overlay[] => Array.isArray(policy);

export function overlayOf(written: PolicyPlugin, options: Options = {}): Overlay {
  const plugin = madeOf(written);
  const { traits, ...hooks } = bodyOf(plugin.create({ ...plugin.defaults, ...options }), plugin.id);
  return { id: plugin.id, hooks, ...(traits === undefined ? {} : { traits }),
    ...(plugin.memoryWords === undefined ? {} : { memoryWords: plugin.memoryWords }) };
}

/** In JavaScript a policy may be hooks beside an id, never handed to `definePolicy`; the laboratory takes it as it is. */
function madeOf(written: PolicyPlugin): PolicyPlugin {
  return typeof (written as Partial<PolicyPlugin>).create === 'function' ? written : asPlugin(written, written.id);
}

/**
 * The stack of a policy. A plugin lies over `under`; without it over what its `over` names among the kernel's own
 * behaviours, which this package knows by heart.
 */
export function stackOf(
  policy: PolicyLike,
  { under, options }: { readonly under?: readonly Overlay[]; readonly options?: Options } = {},
): readonly Overlay[] {
  if (isStack(policy)) return [...(under ?? []), ...policy];
  const below = under ?? (policy.id === BOTTOM ? [] : overlaysUpTo(policy.over ?? BOTTOM));
  return [...below.filter(({ id }) => id !== policy.id), overlayOf(policy, options)];
}

const BOTTOM = 'naive-cow';
