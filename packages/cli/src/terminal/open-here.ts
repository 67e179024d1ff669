/** The workplace that a command works in: policies, profiles and settings of the current folder and of its flags. */
import type { Workplace } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';
import type { Io } from './io.ts';

/** What is left out is said on stderr. @throws CompositionError or PluginError */
export async function openHere(io: Io): Promise<Workplace> {
  const workplace = await openWorkplace(io.cwd, io.asked);
  for (const warning of workplace.warnings ?? []) io.stderr.write(`cowlab: ${warning}\n`);
  return workplace;
}
