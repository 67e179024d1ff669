/**
 * Lanes become labs. The plugins are bound once; each lab lives in a child container of its own, so several labs in one
 * process share nothing that changes. Nothing receives a container, and this is the one place that asks one.
 */
import 'reflect-metadata';
import { X86_64 } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import { Container, type ContainerModule } from 'inversify';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import { CompositionError } from './composition-error.ts';
import { type Lane, resolveLanes } from './lanes.ts';
import { laneModule, sharedModule } from './modules.ts';
import { loadModules, servicesModule, servicesOf } from './services.ts';
import { type MachineSettings, Tokens } from './tokens.ts';

/**
 * One lab for each lane, all on machines of the same kind, each with services of its own.
 * @throws PluginError when a plugin's `create` throws, or when two plugins have one id
 * @throws CompositionError when a module does not bind what it should
 */
export function compose(
  lanes: readonly Lane[],
  machine: MachineSettings = { geometry: X86_64 },
  modules: readonly ContainerModule[] = [],
): readonly Lab[] {
  return containersOf(lanes, machine, modules).map((own) => own.get(Tokens.Lab));
}

/**
 * For many labs of one lane, one after the other: each is as compose() would make it, and what leads to it is found out
 * once.
 * @throws PluginError when two plugins have one id; each call, when a plugin's `create` throws
 */
export function labMaker(lane: Lane, machine: MachineSettings = { geometry: X86_64 }): () => Lab {
  const [own] = containersOf([lane], machine, []);
  return () => own.get(Tokens.Lab);
}

function containersOf(
  lanes: readonly Lane[],
  machine: MachineSettings,
  modules: readonly ContainerModule[],
): readonly Container[] {
  const shared = new Container();
  shared.load(sharedModule(lanes.flatMap(({ stack }) => stack.map(({ plugin }) => plugin)), machine), servicesModule());
  return lanes.map((lane) => {
    const own = new Container({ parent: shared });
    own.load(laneModule(lane));
    loadModules(own, modules);
    own.bind(Tokens.Services).toConstantValue(servicesOf(own));
    return own;
  });
}

export interface NewLab extends Partial<MachineSettings> {
  /** As on the command line, or resolved already. */
  readonly lane: string | Lane;
  /** What the lane may be made of; by default what comes with cowlab. */
  readonly catalogue?: Catalogue;
  /** Bind other services than the default ones. */
  readonly modules?: readonly ContainerModule[];
}

/** One lab. @throws PluginError or CompositionError */
export async function createLab(
  { lane, catalogue, modules = [], geometry = X86_64, ...machine }: NewLab,
): Promise<Lab> {
  const lanes = typeof lane === 'string' ? await resolveLanes(lane, catalogue ?? await catalogueOf()) : [lane];
  if (lanes.length !== 1)
    throw new CompositionError('createLab', `${lanes.length} lanes are one lab each`,
      'name one, or call compose(lanes)');
  return compose(lanes, { ...machine, geometry }, modules)[0];
}
