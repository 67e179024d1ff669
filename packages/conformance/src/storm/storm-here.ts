/**
 * A scenario's storm on the kernel of this machine: how many children get a torn snapshot, with its pins and without.
 */
import { LiveError, runStorm, type StormReport, type StormSettings, whyNoStorm } from '@cowlab/oracle/live';
import type { Program } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';

/** What keeps this machine from having a storm, or null. */
export const whyNotStorm = whyNoStorm;

/** @throws CompositionError when the program is none for a live storm, or this machine cannot be asked */
export async function stormHere(program: Program, settings?: StormSettings): Promise<StormReport> {
  try {
    return await runStorm(program, settings);
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    throw new CompositionError(cause.where, cause.problem, cause.mend, { cause });
  }
}
