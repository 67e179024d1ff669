/** What does the kernel of this machine do? Programs on it, in the format of the recordings. */
import { formatRecording } from '@cowlab/oracle';
import { LiveError, recordLive, whyNotLive } from '@cowlab/oracle/live';
import type { Program } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';

export interface RecordedHere {
  /** A release such as 6.18.44. */
  readonly kernel: string;
  /** The recording. */
  readonly text: string;
  readonly nrPrograms: number;
}

/** What keeps this machine from being asked, or null. */
export const whyNotRecord = whyNotLive;

/** @throws CompositionError when this machine cannot be asked */
export async function recordHere(
  set: string,
  programs: readonly Program[],
  onProgram?: (done: number) => void,
): Promise<RecordedHere> {
  try {
    const { kernel, machine, programs: recorded } = await recordLive(programs, onProgram);
    return { kernel, text: formatRecording({ kernel, machine, set }, recorded), nrPrograms: recorded.length };
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    throw new CompositionError(cause.where, cause.problem, cause.mend, { cause });
  }
}
