/** What does the kernel of this machine do? Programs on it, in the format of the recordings. */
import { formatRecording, recordingHeader, zeroPageText } from '@cowlab/oracle';
import { LiveError, type LiveProgram, recordLive, whyNotLive } from '@cowlab/oracle/live';
import { type MachineSettings, type Program, withSettings } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';

export interface RecordedHere {
  /** A release such as 6.18.44. */
  readonly kernel: string;
  /** What is unusual about the machine, in words, and is in the recording; null: nothing. */
  readonly machine: string | null;
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
  onProgram?: (done: number, program: LiveProgram) => void,
  settings: MachineSettings = {},
): Promise<RecordedHere> {
  try {
    const live = await recordLive(programs.map((program) => withSettings(program, settings)), onProgram);
    return { kernel: live.kernel, machine: zeroPageText(live.zeroPage),
      text: formatRecording(recordingHeader(live, set, settings), live.programs), nrPrograms: live.programs.length };
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    throw new CompositionError(cause.where, cause.problem, cause.mend, { cause });
  }
}
