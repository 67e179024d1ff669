/** A recording of a program, from its files to a plan that lanes can run. */
import { planReplay, type TracePlan } from '@cowlab/trace';
import { CompositionError } from '@cowlab/composition';
import { readRecordingText, type RecordingFiles } from '@cowlab/composition/node';

/** @throws CompositionError when there is nothing in it, TraceError when a part of the recording does not read */
export function readRecording({ name, strace, faults, accesses }: RecordingFiles): TracePlan {
  const calls = readRecordingText(strace, `${name}.strace`);
  if (calls.trim() === '')
    throw new CompositionError(`${name}.strace`, 'is empty', 'record the program again, and let the recorder finish');
  return planReplay({ name, strace: calls,
    ...(faults === null ? {} : { faults: readRecordingText(faults, `${name}.faults`) }),
    ...(accesses === null ? {} : { accesses: readRecordingText(accesses, `${name}.accesses`) }) });
}
