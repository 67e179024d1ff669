/** Where kernels are kept, beside the compiled agent, and what the commands that bring them see of the machine. */
import { join } from 'node:path';
import { cacheFolder } from '../live/cache-folder.ts';

export interface Place {
  readonly folder: string;
  /** Of the commands. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws LiveError when there is no folder that can be written */
export function placeOf(env: Place['env'] = process.env): Place {
  return { folder: join(cacheFolder(env), 'kernels'), env };
}
