/**
 * A read model is a function of the log: entry by entry, each with the world as that entry left it. A lab folds the
 * models that follow it before it tells anybody of the entry, and `project` comes to the same value from the log alone.
 */

import { type Geometry, type LogEntry, World } from '@cowlab/core';
import { advance } from '../log/replay.ts';
import { WorldView } from '../world-view.ts';

export interface ReadModel<Value> {
  /** What the entries so far come to. */
  readonly value: Value;
  /** One entry more, in order. `world` is as this entry left it and goes on changing: look at it now. */
  apply(entry: LogEntry, world: WorldView): void;
}

type Values<Models extends readonly ReadModel<unknown>[]> = { readonly [At in keyof Models]: Models[At]['value'] };

/**
 * What each of the models says of the whole log. They must be fresh.
 * @throws LogError when the log cannot be replayed
 */
export function project<const Models extends readonly ReadModel<unknown>[]>(
  log: readonly LogEntry[],
  geometry: Geometry,
  ...models: Models
): Values<Models> {
  const world = new World(geometry);
  const view = new WorldView(world);
  const source = { name: 'log', log, snapshots: [] };
  for (const [position, entry] of log.entries()) {
    advance(world, source, position, position + 1);
    for (const model of models) model.apply(entry, view);
  }
  return models.map(({ value }) => value) as unknown as Values<Models>;
}
