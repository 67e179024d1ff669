/** What happened before the race: steps of the scenario language, carried out one after the other. */
import { execute, Kernel, type Policy, World } from '@cowlab/core';
import { Driver, formatStep } from '@cowlab/scenario';
import { isHolding, openPin, Operations, pinOf } from '../machine/operations.ts';
import { POOL_FRAMES, POOL_START } from '../machine/words.ts';
import { RACE_GEOMETRY } from './geometry.ts';
import type { ProgramSetup, RaceActor } from './race.ts';

export interface Prepared {
  readonly world: World;
  readonly operations: Operations;
  /** Pins that the setup took: their drivers may use them. */
  readonly granted: readonly number[];
}

/** @throws RangeError when a step of the setup is refused */
export function prepare(setup: ProgramSetup, actors: readonly RaceActor[], policy: Policy): Prepared {
  const world = new World(RACE_GEOMETRY);
  world.reserve(12, 48, POOL_START + POOL_FRAMES * actors.length, 1024);
  world.ensurePolicyWords(policy.memoryWords);
  const k = new Kernel(world, policy);
  const driver = new Driver((command) => execute(k, command).result, RACE_GEOMETRY, setup.pool);
  const starts = new Map<number, number>();
  const granted: number[] = [];
  for (const step of setup.steps) {
    const outcome = driver.step(step);
    if (!outcome.ok) throw new RangeError(`${formatStep(step)}: ${outcome.errno}, ${outcome.why}`);
    if (isHolding(step)) {
      granted.push(pinOf(step));
      if (step.op !== 'vmsplice') starts.set(step.slot, step.start);
    }
  }
  const holds = actors.flatMap(({ steps }) => steps.filter(isHolding));
  for (const step of holds) if (step.op !== 'vmsplice') starts.set(step.slot, step.start);
  const operations = new Operations(RACE_GEOMETRY, starts, policy.traits);
  for (const step of holds) openPin(k, step, operations.vpn(step.r, step.start));
  k.takeEvents();
  return { world, operations, granted };
}
