/** Which policies there are: those that come with the laboratory, by id, and those that somebody brings. */
import { PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import { BUILT_IN } from './built-in.ts';
import { watchedPlugin } from './hook-watch.ts';

/** Where policies of others come from. It is a port, so that a browser can compose labs too. */
export interface PluginSource {
  /** The same for two ways to write one place. */
  originOf(source: string): string;
  /** @throws PluginError when there is no policy */
  load(source: string): Promise<PolicyPlugin>;
}

const NOWHERE: PluginSource = {
  originOf: (source) => source,
  load: (source) =>
    Promise.reject(new PluginError(source, 'policies cannot be loaded from files here', 'hand the policy itself over')),
};

const OURS = 'the laboratory';

/** The policies at hand by id. Filling it is the only thing that changes it. */
export class PluginShelf {
  readonly plugins = new Map<string, PolicyPlugin>();
  /** Where each policy came from, for the complaint about two with one id. */
  private readonly origins = new Map<string, string>();

  constructor(private readonly source: PluginSource = NOWHERE, builtIn: readonly PolicyPlugin[] = BUILT_IN) {
    for (const plugin of builtIn) this.add(plugin, OURS);
  }

  /** @throws PluginError when another policy has the id already */
  add(brought: PolicyPlugin, origin: string): PolicyPlugin {
    const plugin = origin === OURS ? brought : watchedPlugin(brought);
    const before = this.origins.get(plugin.id);
    if (before !== undefined)
      throw new PluginError(plugin.id, `comes from ${origin} and from ${before}`, 'give one of them another `id`');
    this.plugins.set(plugin.id, plugin);
    this.origins.set(plugin.id, origin);
    return plugin;
  }

  /**
   * Load a policy by path or package name; one that was loaded already is only handed out.
   * @throws PluginError
   */
  async load(source: string): Promise<PolicyPlugin> {
    const origin = this.source.originOf(source);
    const [known] = [...this.origins].find(([, from]) => from === origin) ?? [];
    if (known !== undefined) return this.plugins.get(known) as PolicyPlugin;
    return this.add(await this.source.load(source), origin);
  }
}
