/** A recording of a program, from its files to a plan that lanes can run. */
import { planReplay, type TracePlan } from '@cowlab/trace';
import { readText, type RecordingFiles } from '@cowlab/composition/node';

/** @throws TraceError when a part of the recording does not read */
export function readRecording({ name, strace, faults, accesses }: RecordingFiles): TracePlan {
  return planReplay({ name, strace: readText(strace, `${name}.strace`),
    ...(faults === null ? {} : { faults: readText(faults, `${name}.faults`) }),
    ...(accesses === null ? {} : { accesses: readText(accesses, `${name}.accesses`) }) });
}
