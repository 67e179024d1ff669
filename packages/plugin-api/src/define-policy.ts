/**
 * How a policy is written down: an id, a sentence, and the hooks in which it differs from what lies below it. A plugin
 * is plain data; it needs no container, no registration and, if its author prefers, not even this package.
 */

import type { PolicyHooks, Traits } from '@cowlab/core';
import { HOOK_NAMES } from '@cowlab/core';
import { isHazardId, type HazardId } from './hazards.ts';
import { oddTrait } from './traits.ts';

export type OptionValue = string | number | boolean;
export type Options = Readonly<Record<string, OptionValue>>;

/** What `create` makes of the options: the hooks, and the mechanisms the overlay switches on. */
export interface PolicyBody extends PolicyHooks {
  readonly traits?: Partial<Traits>;
}

interface About {
  /** Lower case with dashes; what people type on the command line. */
  readonly id: string;
  /** One sentence: what this policy does. */
  readonly summary: string;
  /** Kernel release and commit, where there is one. */
  readonly kernel?: string;
  /** Id of the policy this one is laid over when it is asked for by itself. Default: naive-cow. */
  readonly over?: string;
  /** Hazards the policy is *known* to have; the contract suite must find each of them, and no other. */
  readonly hazards?: readonly HazardId[];
  /** 32-bit words of the world that the policy remembers things in (`page.memory`, `page.remember`). */
  readonly memoryWords?: number;
}

/** What an author writes: hooks beside the id, or `defaults` and `create` for a policy with options. */
export type PolicySpec<O extends Options> = About & PolicyBody & {
  readonly defaults?: O;
  readonly create?: (options: WidenedOptions<O>) => PolicyBody;
};

/** What the laboratory works with. */
export interface PolicyPlugin extends About {
  readonly defaults: Options;
  readonly create: (options: Options) => PolicyBody;
}

/** The value of an option as its default tells: literal strings widen, so that other values may be chosen. */
type Widened<T> = T extends string ? (string extends T ? string : T)
  : T extends number ? number
  : T extends boolean ? boolean
  : never;
type WidenedOptions<O> = { readonly [K in keyof O]: Widened<O[K]> };

/** @throws PluginError when the spec is not one: the types say so first, plain JavaScript learns it here. */
export function definePolicy<const O extends Options = Options>(spec: PolicySpec<O>): PolicyPlugin {
  return asPlugin(spec, 'definePolicy');
}

/** A mistake in how a plugin is written. One line: where, what, and the mend. */
export class PluginError extends Error {
  readonly code = 'plugin';
  constructor(readonly plugin: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(`plugin ${plugin}: ${problem}; ${mend}`, options);
    this.name = 'PluginError';
  }
}

/** By its code: a plugin may have been written with another copy of the class. */
export function isPluginError(cause: unknown): cause is PluginError {
  return cause instanceof Error && (cause as { code?: unknown }).code === 'plugin';
}

const HOOKS: readonly string[] = HOOK_NAMES;
const ABOUT = ['id', 'summary', 'kernel', 'over', 'hazards', 'memoryWords', 'defaults', 'create', 'traits'];

/**
 * Accept a default export as a policy, or say what is wrong with it.
 * @throws PluginError
 */
export function asPlugin(value: unknown, from: string): PolicyPlugin {
  if (typeof value !== 'object' || value === null) {
    throw new PluginError(from, 'has no policy as its default export',
      'write `export default { id, summary, …hooks }`');
  }
  const spec = value as Readonly<Record<string, unknown>>;
  if (typeof spec.id !== 'string' || !/^[a-z][a-z0-9-]*$/.test(spec.id)) {
    throw new PluginError(from, 'has no usable id', 'give it an `id` of lower-case letters, digits and dashes');
  }
  if (typeof spec.summary !== 'string' || spec.summary === '') {
    throw new PluginError(spec.id, 'has no summary', "say in one sentence what it does: `summary: '…'`");
  }
  const unknown = Object.keys(spec).find((key) => !ABOUT.includes(key) && !HOOKS.includes(key));
  if (unknown !== undefined)
    throw new PluginError(spec.id, `has a field '${unknown}'`, `hooks are ${HOOKS.join(', ')}`);
  const hazards = spec.hazards ?? [];
  if (!Array.isArray(hazards) || !hazards.every(isHazardId))
    throw new PluginError(spec.id, 'lists hazards that do not exist', 'they are H1 to H9');
  const about = { id: spec.id, summary: spec.summary, hazards,
    ...(typeof spec.kernel === 'string' ? { kernel: spec.kernel } : {}),
    ...(typeof spec.over === 'string' ? { over: spec.over } : {}),
    ...(typeof spec.memoryWords === 'number' ? { memoryWords: spec.memoryWords } : {}) };
  if (spec.create !== undefined) {
    if (typeof spec.create !== 'function')
      throw new PluginError(spec.id, '`create` is not a function', 'it takes the options and returns the hooks');
    return { ...about, defaults: (spec.defaults ?? {}) as Options, create: spec.create as PolicyPlugin['create'] };
  }
  const body = bodyOf(spec, spec.id);
  return { ...about, defaults: {}, create: () => body };
}

/** The hooks and traits of a spec or of what `create` returned. */
export function bodyOf(value: Readonly<Record<string, unknown>>, plugin: string): PolicyBody {
  const body: Record<string, unknown> = {};
  for (const hook of HOOKS) {
    if (value[hook] === undefined) continue;
    if (typeof value[hook] !== 'function')
      throw new PluginError(plugin, `'${hook}' is not a function`, 'hooks are functions that return a verdict');
    body[hook] = value[hook];
  }
  if (value.traits !== undefined) {
    const odd = oddTrait(value.traits);
    if (odd !== null) throw new PluginError(plugin, ...odd);
    body.traits = value.traits;
  }
  return body;
}
