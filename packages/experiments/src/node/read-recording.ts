/** A recording of a program, from its files to a plan that lanes can run. */
import { planReplay, StraceReader, type StraceReading, type TracePlan } from '@cowlab/trace';
import { CompositionError } from '@cowlab/composition';
import { readPiecesNow, readRecordingText, type RecordingFiles } from '@cowlab/composition/node';

/** @throws CompositionError when there is nothing in it, TraceError when a part of the recording does not read */
export function readRecording({ name, strace, faults, accesses }: RecordingFiles): TracePlan {
  const calls = readCalls(strace, `${name}.strace`);
  return planReplay({ name, strace: calls,
    ...(faults === null ? {} : { faults: readRecordingText(faults, `${name}.faults`) }),
    ...(accesses === null ? {} : { accesses: readRecordingText(accesses, `${name}.accesses`) }) });
}

/** Piece by piece: a recording may be larger than a text can be. */
function readCalls(path: string, name: string): StraceReading {
  const reader = new StraceReader(name, { counts: true });
  let isEmpty = true;
  for (const piece of readPiecesNow(path, name)) {
    isEmpty &&= piece.every((byte) => BLANK.includes(byte));
    reader.write(piece);
  }
  if (isEmpty)
    throw new CompositionError(name, 'is empty', 'record the program again, and let the recorder finish');
  return reader.end();
}

/** Tab, line feed, carriage return, space. */
const BLANK = [9, 10, 13, 32];
