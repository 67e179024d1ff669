/**
 * How a policy is written down: an id, a sentence, and the hooks in which it differs from what lies below it. A plugin
 * is plain data; it needs no container, no registration and, if its author prefers, not even this package.
 */

import { HOOK_NAMES, type PolicyHooks, type Traits } from '@cowlab/core';
import { isHazardId, type HazardId } from './hazards.ts';
import { nearestWord } from '@cowlab/prose';
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

/** What an author writes: hooks beside the id, or `create` for a policy with options, which returns all of them. */
export type PolicySpec<O extends Options> = About & (PlainSpec | CreatedSpec<O>);

interface PlainSpec extends PolicyBody {
  readonly defaults?: never;
  readonly create?: never;
}

/** Hooks beside `create` would be hooks that nobody asks. */
type CreatedSpec<O extends Options> = { readonly [K in keyof PolicyBody]?: never } & {
  readonly defaults?: O;
  readonly create: (options: WidenedOptions<O>) => PolicyBody;
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
const BODY: readonly string[] = [...HOOKS, 'traits'];

/** What stands beside the hooks, and what is wrong with a value of it, if anything is. */
const ABOUT: Readonly<Record<string, (value: unknown) => string | null>> = {
  id: (value) =>
    typeof value === 'string' && /^[a-z][a-z0-9-]*$/.test(value)
      ? null
      : 'has no usable id; give it an `id` of lower-case letters, digits and dashes',
  summary: (value) =>
    typeof value === 'string' && value !== ''
      ? null
      : "has no summary; say in one sentence what it does: `summary: '...'`",
  kernel: (value) => (typeof value === 'string' ? null : "`kernel` is no text; write `kernel: '5.9'`"),
  over: (
    value,
  ) => (typeof value === 'string' ? null : "`over` is no text; write the id of a policy: `over: 'naive-cow'`"),
  hazards: (value) =>
    Array.isArray(value) && value.every(isHazardId) ? null : 'lists hazards that do not exist; they are H1 to H9',
  memoryWords: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0
      ? null
      : '`memoryWords` is no count; write how many 32-bit words it remembers',
  defaults: (value) =>
    isRecord(value) && Object.values(value).every((option) => OPTION_TYPES.includes(typeof option))
      ? null
      : '`defaults` are no options; write `defaults: { name: value }` with words, numbers or true and false',
  create: (value) =>
    typeof value === 'function' ? null : '`create` is not a function; it takes the options and returns the hooks',
};
const REQUIRED: readonly string[] = ['id', 'summary'];
const OPTION_TYPES: readonly string[] = ['string', 'number', 'boolean'];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Accept a default export as a policy, or say what is wrong with it.
 * @throws PluginError
 */
export function asPlugin(value: unknown, from: string): PolicyPlugin {
  if (value === undefined || value === null)
    throw new PluginError(from, 'has no policy as its default export', WRITE_ONE);
  if (!isRecord(value) || isPromise(value))
    throw new PluginError(from, `gives ${kindOf(value)} for a policy`, WRITE_ONE);
  const plugin = ABOUT.id(value.id) === null ? String(value.id) : from;
  for (const [field, wrongWith] of Object.entries(ABOUT)) {
    if (value[field] === undefined && !REQUIRED.includes(field)) continue;
    const [problem, mend] = wrongWith(value[field])?.split('; ') ?? [];
    if (problem !== undefined) throw new PluginError(plugin, problem, mend);
  }
  unknownField(value, [...Object.keys(ABOUT), ...BODY], plugin, 'has');
  const { create, defaults = {} } = value as { create?: PolicyPlugin['create']; defaults?: Options };
  const about = aboutOf(value as unknown as About);
  if (create === undefined) {
    if (value.defaults !== undefined)
      throw new PluginError(plugin, 'has `defaults` without `create`',
        'let `create` take the options and return the hooks');
    const body = bodyOf(Object.fromEntries(Object.entries(value).filter(([key]) => BODY.includes(key))), plugin);
    return { ...about, defaults: {}, create: () => body };
  }
  const beside = BODY.find((key) => value[key] !== undefined);
  if (beside !== undefined)
    throw new PluginError(plugin, `has '${beside}' beside \`create\``, 'let `create` return it with the others');
  return { ...about, defaults, create };
}

const WRITE_ONE = 'write `export default { id, summary, ...hooks }`';

function aboutOf({ id, summary, kernel, over, hazards = [], memoryWords }: About): About {
  return { id, summary, hazards, ...(kernel === undefined ? {} : { kernel }), ...(over === undefined ? {} : { over }),
    ...(memoryWords === undefined ? {} : { memoryWords }) };
}

/**
 * The hooks and traits of a spec, or of what `create` returned.
 * @throws PluginError for anything in it that nobody would ask
 */
export function bodyOf(value: unknown, plugin: string): PolicyBody {
  if (isPromise(value)) {
    throw new PluginError(plugin, '`create` returns a promise', 'make it a plain function: options in, hooks out');
  }
  if (!isRecord(value))
    throw new PluginError(plugin, `\`create\` returns ${kindOf(value)}`, 'return the hooks: `{ onForkPage: ... }`');
  unknownField(value, BODY, plugin, '`create` returns');
  for (const hook of HOOKS) {
    const ask = value[hook];
    if (ask === undefined) continue;
    if (typeof ask !== 'function')
      throw new PluginError(plugin, `'${hook}' is not a function`, 'hooks are functions that return a verdict');
    if (Object.prototype.toString.call(ask) === '[object AsyncFunction]')
      throw new PluginError(plugin, `'${hook}' is async`, 'a verdict is returned, not promised');
  }
  const odd = value.traits === undefined ? null : oddTrait(value.traits);
  if (odd !== null) throw new PluginError(plugin, ...odd);
  return Object.fromEntries(Object.entries(value).filter(([, given]) => given !== undefined));
}

function unknownField(value: object, known: readonly string[], plugin: string, has: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearestWord(unknown, known);
  throw new PluginError(plugin, `${has} a field '${unknown}'`,
    near === null ? `hooks are ${HOOKS.join(', ')}` : `did you mean '${near}'?`);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function kindOf(value: unknown): string {
  if (isPromise(value)) return 'a promise';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function')
    return /^class\b/.test(Function.prototype.toString.call(value))
      ? 'a class'
      : 'a function';
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
}
