/**
 * Lanes become labs. The plugins are bound once; each lab lives in a child container of its own, so several labs in one
 * process share nothing that changes. Nothing receives a container, and `get` is called here and nowhere else.
 */
import 'reflect-metadata';
import { X86_64 } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import { Container } from 'inversify';
import type { Lane } from './lanes.ts';
import { laneModule, sharedModule } from './modules.ts';
import { type MachineSettings, Tokens } from './tokens.ts';

/**
 * One lab for each lane, all on machines of the same kind.
 * @throws PluginError when a plugin's `create` throws, or when two plugins have one id
 */
export function compose(lanes: readonly Lane[], machine: MachineSettings = { geometry: X86_64 }): readonly Lab[] {
  const shared = new Container();
  shared.load(sharedModule(lanes.flatMap(({ stack }) => stack.map(({ plugin }) => plugin)), machine));
  return lanes.map((lane) => {
    const own = new Container({ parent: shared });
    own.load(laneModule(lane));
    return own.get(Tokens.Lab);
  });
}
