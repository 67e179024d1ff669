/**
 * A read model is a function of the log: entry by entry, each with the world as that entry left it. A lab folds the
 * models that follow it before it tells anybody of the entry, and `project` comes to the same value from the log alone.
 */

import { type Geometry, type LogEntry, World } from '@cowlab/core';
import { carryOut } from '../log/replay.ts';
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
  const projection = new Projection('log', geometry, models);
  for (const entry of log) projection.apply(entry);
  return models.map(({ value }) => value) as unknown as Values<Models>;
}

/** Models over a log that comes entry by entry, from its beginning: rebuilt at any time, and kept up while it grows. */
export class Projection {
  readonly view: WorldView;
  private readonly world: World;

  /** `name` is what errors speak of. */
  constructor(
    private readonly name: string,
    geometry: Geometry,
    private readonly models: readonly ReadModel<unknown>[],
  ) {
    this.world = new World(geometry);
    this.view = new WorldView(this.world);
  }

  /** @throws LogError when the log cannot be replayed */
  apply(entry: LogEntry): void {
    carryOut(this.world, { name: this.name, snapshots: [] }, entry);
    for (const model of this.models) model.apply(entry, this.view);
  }
}
