/** A policy with its options filled in, and a stack of them: plain functions, for instruments that need no lab. */
import { type Overlay, type Policy, stackPolicies } from '@cowlab/core';
import { bodyOf, isPluginError, type Options, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import { reasonOf } from './composition-error.ts';
import type { Lane } from './lanes.ts';

/** @throws PluginError when its `create` throws, or returns anything but hooks and traits */
export function overlayOf(plugin: PolicyPlugin, options: Readonly<Record<string, Options>>): Overlay {
  const { id, memoryWords } = plugin;
  const { traits, ...hooks } = bodyOf(created(plugin, options[id]), id);
  return { id, hooks, ...(traits === undefined ? {} : { traits }),
    ...(memoryWords === undefined ? {} : { memoryWords }) };
}

function created({ id, create }: PolicyPlugin, options: Options): unknown {
  try {
    return create(options);
  } catch (cause) {
    if (isPluginError(cause)) throw cause;
    throw new PluginError(id, `\`create\` threw: ${reasonOf(cause)}`, `its options are ${JSON.stringify(options)}`, {
      cause,
    });
  }
}

/** @throws PluginError */
export function policyOf(lane: Lane): Policy {
  return stackPolicies(overlaysOf(lane));
}

/** Bottom first. @throws PluginError */
export function overlaysOf({ stack }: Lane): readonly Overlay[] {
  const options = Object.fromEntries(stack.map((layer) => [layer.plugin.id, layer.options]));
  return stack.map(({ plugin }) => overlayOf(plugin, options));
}
