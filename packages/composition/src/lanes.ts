/**
 * A lane of a comparison: one stack of policies with its options filled in. `linux-5.9` is the stack of that profile,
 * `early-cow` alone the policy over everything it lies over, and `A+B` the stack of A with B on top; a B that is in A
 * already is not laid twice, its options are changed in place.
 */
import type { Options, PolicyPlugin } from '@cowlab/plugin-api';
import { type Catalogue, overChain } from './catalogue.ts';
import { didYouMean } from '@cowlab/prose';

import { laneError, type LanePart, type LaneSyntax, parseLanes } from './lane-syntax.ts';
import { readOptions } from './options.ts';
import { isPath } from './lane-syntax.ts';
import { resolveKernel } from './facts/resolve.ts';
import type { Chosen, Profile } from './profiles.ts';

export interface Layer {
  readonly plugin: PolicyPlugin;
  /** All of them, defaults included. */
  readonly options: Options;
}

export interface Lane {
  /**
   * What reports call it and what an `expect` names: its label, or its text with every path replaced by a policy id.
   */
  readonly name: string;
  /** Bottom first. */
  readonly stack: readonly Layer[];
  /** What is uncertain about a kernel that was named by its release: whoever shows the lane's results says it. */
  readonly warnings?: readonly string[];
}

/** Who names a lane. Only a command asks for code: a scenario, a race or a configuration that was found is data. */
export type LaneAsker = 'command' | 'data';

/** @throws CompositionError with a column, or PluginError */
export async function resolveLanes(
  text: string,
  catalogue: Catalogue,
  asker: LaneAsker = 'command',
): Promise<readonly Lane[]> {
  const lanes: Lane[] = [];
  for (const syntax of parseLanes(text)) {
    if (asker === 'data') withoutCode(syntax, text);
    const lane = await resolveLane(syntax, catalogue, text);
    if (lanes.some(({ name }) => name === lane.name)) {
      throw laneError(text, syntax.column, `there are two lanes '${lane.name}'`, 'drop one, or label it: LABEL=LANE');
    }
    lanes.push(lane);
  }
  return lanes;
}

function withoutCode({ parts, text }: LaneSyntax, whole: string): void {
  const path = parts.find(({ name }) => isPath(name));
  if (path === undefined) return;
  throw laneError(whole, path.column, `'${path.name}' is a file of code, and a file of data runs none`,
    `ask for it yourself: --policies '${text}'`);
}

async function resolveLane(syntax: LaneSyntax, catalogue: Catalogue, text: string): Promise<Lane> {
  const [first, ...others] = withSuffix(syntax.parts);
  const bottom = await firstPart(first, syntax, catalogue, text);
  const stack = [...bottom.stack];
  const names = [bottom.name];
  for (const part of others) {
    if (kernelNamed(part.name, catalogue) !== null) {
      throw laneError(text, part.column, `'${part.name}' is a whole kernel and cannot be laid over another`,
        'put it first, policies after it');
    }
    const plugin = await policyOf(part, syntax, catalogue, text);
    lay(stack, plugin, readOptions(plugin, part.options), catalogue);
    names.push(plugin.id + optionText(part));
  }
  return { ...bottom, name: syntax.label ?? names.join('+'), stack };
}

/** `6.12.107+deb13-amd64` is one name, though a plus joins policies. */
function withSuffix(parts: readonly LanePart[]): readonly LanePart[] {
  const [first, second, ...others] = parts;
  const joined = second !== undefined && /^\d/.test(first.name.replace(/^linux-/, ''))
    && /^(?:deb|bpo|rpt)/.test(second.name);
  return joined ? [{ ...second, name: `${first.name}+${second.name}`, column: first.column }, ...others] : parts;
}

/** A profile, or any kernel that can be resolved to one; null: a policy, or nothing. */
function kernelNamed(
  name: string,
  { profiles, shelf }: Catalogue,
): { readonly stack: Profile; readonly warnings: readonly string[] } | null {
  if (Object.hasOwn(profiles, name)) return { stack: profiles[name], warnings: [] };
  const kernel = shelf.plugins.has(name) || isPath(name) ? null : resolveKernel(name);
  // A lane is a claim about a kernel: one that nothing is known of has none.
  return kernel?.range === 'within' ? kernel : null;
}

async function firstPart(part: LanePart, syntax: LaneSyntax, catalogue: Catalogue, text: string): Promise<Lane> {
  const stack: Layer[] = [];
  const kernel = kernelNamed(part.name, catalogue);
  if (kernel !== null) {
    const [option] = Object.keys(part.options);
    if (option !== undefined) {
      throw laneError(text, part.column, `'${part.name}' is a profile and has no option '${option}'`,
        `give it to a policy: ${part.name}+POLICY:${option}=...`);
    }
    for (const { policy, options } of kernel.stack)
      lay(stack, catalogue.shelf.plugins.get(policy) as PolicyPlugin, options, catalogue);
    return { name: part.name, stack, ...(kernel.warnings.length > 0 && { warnings: kernel.warnings }) };
  }
  const plugin = await policyOf(part, syntax, catalogue, text);
  for (const lower of overChain(catalogue.shelf, plugin)) lay(stack, lower, {}, catalogue);
  lay(stack, plugin, readOptions(plugin, part.options), catalogue);
  return { name: plugin.id + optionText(part), stack };
}

/** One more policy on top of a lane, which goes by the same name. */
export function laidOver(lane: Lane, { policy, options }: Chosen, catalogue: Catalogue): Lane {
  const stack = [...lane.stack];
  lay(stack, catalogue.shelf.plugins.get(policy) as PolicyPlugin, options, catalogue);
  return { ...lane, stack };
}

function lay(stack: Layer[], plugin: PolicyPlugin, options: Options, catalogue: Catalogue): void {
  const at = stack.findIndex((layer) => layer.plugin === plugin);
  const before = at < 0 ? { ...plugin.defaults, ...catalogue.options[plugin.id] } : stack[at].options;
  stack.splice(at < 0 ? stack.length : at, 1, { plugin, options: { ...before, ...options } });
}

async function policyOf(
  part: LanePart,
  syntax: LaneSyntax,
  { shelf, profiles }: Catalogue,
  text: string,
): Promise<PolicyPlugin> {
  const known = shelf.plugins.get(part.name);
  if (known !== undefined) return known;
  if (isPath(part.name)) return shelf.load(part.name);
  const near = didYouMean(part.name, [...shelf.plugins.keys(), ...Object.keys(profiles)]);
  const mend = near.startsWith('known') ? 'cowlab policies lists them' : near;
  const comma = syntax.label === null ? '' : '; options are joined by colons, a comma begins a new lane';
  throw laneError(text, part.column, `there is no policy or profile '${part.name}'`,
    `${mend}; a file begins with ./, a package is asked for by --plugin NAME${comma}`);
}

function optionText({ options }: LanePart): string {
  return Object.entries(options).map(([key, value]) => `:${key}=${value}`).join('');
}

/** Two lanes with the same key are the same kernel, whatever they are called. */
export function stackKey({ stack }: Lane): string {
  return JSON.stringify(stack.map(({ plugin, options }) => [plugin.id, Object.entries(options).sort()]));
}
