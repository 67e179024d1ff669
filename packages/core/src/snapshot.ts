/** A world as JSON: its sections' sizes and its words in base 64, which browsers and Node both speak. */

import { fromBase64, toBase64 } from './base64.ts';
import type { Geometry } from './geometry.ts';
import { World } from './tables/world.ts';

export interface SavedWorld {
  readonly geometry: Geometry;
  readonly caps: readonly number[];
  readonly hash: string;
  readonly words: string;
}

export function saveWorld(world: World): SavedWorld {
  const { words, caps } = world.save();
  return { geometry: world.geometry, caps, hash: world.hash(), words: toBase64(new Uint8Array(words)) };
}

/** @throws RangeError when the words are not the world that the snapshot's hash was taken of. */
export function loadWorld(saved: SavedWorld): World {
  const world = World.from(saved.geometry, fromBase64(saved.words).buffer, saved.caps);
  if (world.hash() !== saved.hash) throw new RangeError('snapshot: its words do not have the hash it was saved with');
  return world;
}
