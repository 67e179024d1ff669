/** What can be asked of the container. Only `compose` asks. */
import type { Capacity, Geometry, Overlay, Policy } from '@cowlab/core';
import type { Options, PolicyPlugin } from '@cowlab/plugin-api';
import type { Lab } from '@cowlab/runtime';
import type { LabServices } from './services.ts';
import { token } from './token.ts';

/** The machine that every lane of one comparison gets a copy of. */
export interface MachineSettings {
  readonly geometry: Geometry;
  readonly capacity?: Capacity;
  readonly snapshotEvery?: number;
}

export const Tokens = {
  /** Named by policy id. */
  Plugin: token<PolicyPlugin>('Plugin'),
  Machine: token<MachineSettings>('Machine'),
  LaneName: token<string>('LaneName'),
  /** Of one lane, by policy id: all options, defaults included. */
  PolicyOptions: token<Readonly<Record<string, Options>>>('PolicyOptions'),
  /** A plugin with its options filled in; named by policy id. */
  Overlay: token<Overlay>('Overlay'),
  Policy: token<Policy>('Policy'),
  /** Those of one lab, defaults included. */
  Services: token<LabServices>('Services'),
  Lab: token<Lab>('Lab'),
} as const;
