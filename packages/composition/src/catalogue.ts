/**
 * Everything a lane may be made of: the policies at hand, the profiles, and the options a config file sets for all
 * lanes.
 */
import { asPlugin, type Options, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import { didYouMean } from '@cowlab/prose';
import { CompositionError } from './composition-error.ts';
import { readOptions } from './options.ts';
import { isPath } from './lane-syntax.ts';
import { PluginShelf, type PluginSource } from './plugin-shelf.ts';
import { type Chosen, type Profiles, PROFILES } from './profiles.ts';

/** A part of a profile as a config file writes it: an id or path alone, or with options. */
export type ProfilePart = string | { readonly policy: string; readonly options?: Options };

export interface CatalogueSettings {
  /** Policies beyond the built-in ones: paths, package names or the policies themselves. */
  readonly plugins?: readonly unknown[];
  readonly profiles?: Readonly<Record<string, readonly ProfilePart[]>>;
  /** By policy id: what replaces its defaults in every lane. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Who says all this, for complaints. */
  readonly from?: string;
}

export interface Catalogue {
  readonly shelf: PluginShelf;
  readonly profiles: Profiles;
  readonly options: Readonly<Record<string, Options>>;
}

/**
 * `source`: where policies that are named by path or package come from.
 * @throws CompositionError or PluginError
 */
export async function catalogueOf(settings: CatalogueSettings = {}, source?: PluginSource): Promise<Catalogue> {
  const from = settings.from ?? 'settings';
  const shelf = new PluginShelf(source);
  for (const plugin of settings.plugins ?? []) {
    if (typeof plugin === 'string') await shelf.load(plugin);
    else shelf.add(asPlugin(plugin, from), from);
  }
  const options: Record<string, Options> = {};
  for (const [id, given] of Object.entries(settings.options ?? {}))
    options[id] = readOptions(known(shelf, id, `${from}: options`), given);
  const profiles: Record<string, readonly Chosen[]> = { ...PROFILES };
  for (const [name, parts] of Object.entries(settings.profiles ?? {})) {
    const where = `${from}: profile '${name}'`;
    if (shelf.plugins.has(name)) throw new CompositionError(where, 'a policy has that name', 'choose another name');
    const stack: Chosen[] = [];
    // One after the other: two parts may name one file.
    for (const part of parts) stack.push(await chosen(shelf, part, where));
    profiles[name] = stack;
  }
  return { shelf, profiles, options };
}

async function chosen(shelf: PluginShelf, part: ProfilePart, where: string): Promise<Chosen> {
  const { policy, options = {} } = typeof part === 'string' ? { policy: part } : part;
  const plugin = isPath(policy) ? await shelf.load(policy) : known(shelf, policy, where);
  return { policy: plugin.id, options: readOptions(plugin, options) };
}

function known(shelf: PluginShelf, id: string, where: string): PolicyPlugin {
  const plugin = shelf.plugins.get(id);
  if (plugin === undefined)
    throw new CompositionError(where, `there is no policy '${id}'`, didYouMean(id, [...shelf.plugins.keys()]));
  return plugin;
}

/**
 * The policies that `plugin` lies over, bottom first, itself last.
 * @throws PluginError when `over` names nobody, or leads back to where it came from
 */
export function overChain(shelf: PluginShelf, plugin: PolicyPlugin): readonly PolicyPlugin[] {
  const chain = [plugin];
  for (let lower = below(shelf, plugin); lower !== null; lower = below(shelf, lower)) {
    if (chain.includes(lower)) {
      const circle = [...chain.slice(chain.indexOf(lower)), lower].map(({ id }) => id).join(' over ');
      throw new PluginError(plugin.id, `\`over\` goes in a circle (${circle})`, `let one of them lie over ${BOTTOM}`);
    }
    chain.push(lower);
  }
  return chain.reverse();
}

/** What lies under everything. */
const BOTTOM = 'naive-cow';

function below(shelf: PluginShelf, { id, over }: PolicyPlugin): PolicyPlugin | null {
  if (id === BOTTOM) return null;
  const lower = shelf.plugins.get(over ?? BOTTOM);
  if (lower !== undefined) return lower;
  throw new PluginError(id, `lies over '${over}', which is not loaded`,
    `load that policy too; ${didYouMean(over ?? '', [...shelf.plugins.keys()])}`);
}
