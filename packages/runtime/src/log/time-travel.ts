/** Looking at the past of a log: the world at any position, forwards cheaply, backwards from the nearest snapshot. */

import type { LogEntry, World } from '@cowlab/core';
import type { LogSource } from './log-source.ts';
import { advance, checkPosition, worldAt } from './replay.ts';

export class TimeTravel {
  private at = 0;
  private world: World | null = null;

  /** A lab that goes on running may be travelled in as well as a saved log. */
  constructor(private readonly source: LogSource) {}

  /** Commands behind the world last looked at. */
  get position(): number {
    return this.at;
  }

  /** The world after `position` commands. It is yours: later looks do not change it. */
  worldAt(position: number): World {
    checkPosition(this.source, position);
    this.go(position);
    return (this.world as World).clone();
  }

  /** One command forwards; null at the end of the log. */
  next(): { readonly entry: LogEntry; readonly world: World } | null {
    if (this.at >= this.source.log.length) return null;
    const entry = this.source.log[this.at];
    return { entry, world: this.worldAt(this.at + 1) };
  }

  /** One command backwards: the world before `entry`; null at the beginning. */
  back(): { readonly entry: LogEntry; readonly world: World } | null {
    if (this.at === 0) return null;
    const entry = this.source.log[this.at - 1];
    return { entry, world: this.worldAt(this.at - 1) };
  }

  private go(position: number): void {
    const nearest = this.source.snapshots.findLast((snapshot) => snapshot.position <= position)?.position ?? 0;
    let { world } = this;
    // Forgotten until it has arrived: a log that cannot be replayed leaves it half way.
    this.world = null;
    if (world === null || this.at > position || this.at < nearest) world = worldAt(this.source, position);
    else advance(world, this.source, this.at, position);
    this.world = world;
    this.at = position;
  }
}
