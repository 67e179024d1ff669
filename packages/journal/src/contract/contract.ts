/**
 * What every journal must hold, whatever it stores its chunks in: a list of laws that any runner can go through. A law
 * throws when it is broken and answers what it saw.
 */

import type { Effort, Law } from './law.ts';
import { lawsOfDamage } from './laws-of-damage.ts';
import { lawsOfMemory } from './laws-of-memory.ts';
import { lawsOfOrder } from './laws-of-order.ts';
import { lawsOfProcesses } from './laws-of-processes.ts';
import { lawsOfSubscribing } from './laws-of-subscribing.ts';
import { lawsOfUpkeep } from './laws-of-upkeep.ts';

export type { Effort, Law, Place, Starving, Store } from './law.ts';

/** For `npm test`. */
export const SHORT: Effort = { kills: 10, flips: 120, starvations: 40, appendsPerWriter: 25,
  flatBytes: 32 * 1024 * 1024, lagMsMax: 250 };
/** For `npm run soak`. */
export const WHOLE: Effort = { kills: 1000, flips: Infinity, starvations: Infinity, appendsPerWriter: 250,
  flatBytes: 10 * 1024 ** 3, lagMsMax: 50 };

export const laws: readonly Law[] = [...lawsOfOrder, ...lawsOfUpkeep, ...lawsOfSubscribing, ...lawsOfDamage,
  ...lawsOfProcesses, ...lawsOfMemory];
