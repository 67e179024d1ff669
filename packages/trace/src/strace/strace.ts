/** What strace wrote, as one text, into records: one per syscall, signal or end of a process. */
import { StraceReader } from './strace-reader.ts';
import type { StraceReading } from './strace-reading.ts';
import type { StraceRecord } from './strace-record.ts';

/** The records of a recording in the order of their first lines; what does not read is left out. */
export function parseStrace(text: string, name: string): StraceRecord[] {
  return [...readStrace(text, name).records];
}

/** `name` is the recording's, for remarks. */
export function readStrace(text: string, name: string): StraceReading {
  const reader = new StraceReader(name);
  reader.writeText(text);
  return reader.end();
}
