/** What is bound to the tokens. Plugins are data here, so they never import us. */
import { type Overlay, stackPolicies } from '@cowlab/core';
import { PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import { Lab } from '@cowlab/runtime';
import { ContainerModule } from 'inversify';
import type { Lane } from './lanes.ts';
import { overlayOf } from './overlay.ts';
import { type MachineSettings, Tokens } from './tokens.ts';

/**
 * Shared by the lanes of one comparison: plugins and settings, which nobody can change.
 * @throws PluginError when two different plugins have one id
 */
export function sharedModule(plugins: Iterable<PolicyPlugin>, machine: MachineSettings): ContainerModule {
  const byId = new Map<string, PolicyPlugin>();
  for (const plugin of plugins) {
    if ((byId.get(plugin.id) ?? plugin) !== plugin)
      throw new PluginError(plugin.id, 'is the id of two policies', 'give one of them another `id`');
    byId.set(plugin.id, plugin);
  }
  return new ContainerModule(({ bind }) => {
    bind(Tokens.Machine).toConstantValue(machine);
    for (const plugin of byId.values()) bind(Tokens.Plugin).toConstantValue(plugin).whenNamed(plugin.id);
  });
}

/**
 * One lane: its options, the overlays they make, the policy these stack up to, and the lab that owns the world. Each lab
 * that is asked for is made from `create` on: what a policy keeps to itself is not shared between labs.
 */
export function laneModule({ name, stack }: Lane): ContainerModule {
  const ids = stack.map(({ plugin }) => plugin.id);
  return new ContainerModule(({ bind }) => {
    bind(Tokens.LaneName).toConstantValue(name);
    bind(Tokens.PolicyOptions).toConstantValue(
      Object.fromEntries(stack.map(({ plugin, options }) => [plugin.id, options])),
    );
    for (const id of ids) {
      bind(Tokens.Overlay)
        .toResolvedValue(overlayOf, [{ serviceIdentifier: Tokens.Plugin, name: id }, Tokens.PolicyOptions])
        .inTransientScope()
        .whenNamed(id);
    }
    bind(Tokens.Policy)
      .toResolvedValue((...overlays: Overlay[]) => stackPolicies(overlays),
        ids.map((id) => ({ serviceIdentifier: Tokens.Overlay, name: id })))
      .inTransientScope();
    bind(Tokens.Lab)
      .toResolvedValue((policy, machine, lane, services) => new Lab({ ...machine, ...services, policy, name: lane }), [
        Tokens.Policy,
        Tokens.Machine,
        Tokens.LaneName,
        Tokens.Services,
      ])
      .inTransientScope();
  });
}
