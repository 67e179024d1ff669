/** What is not a recording of strace is refused by its name, with what to do instead. */
import { type StraceReading, TraceError } from '@cowlab/trace';
import { isSyscall } from './syscall-names.ts';

const RECORD = 'record with strace -f -ttt -y -o FILE PROGRAM';

/** @throws TraceError */
export function refuseNoRecording(reading: StraceReading, text: string): void {
  const calls = reading.records.filter((record) => record.kind !== 'syscall' || isSyscall(record.name)).length;
  // One call among lines of something else is chance.
  if (calls > 0 && calls * 4 > reading.unread.length) return;
  const { what, mend } = kindOf(text);
  throw new TraceError({ file: reading.name, line: 1, what, mend });
}

function kindOf(text: string): { readonly what: string; readonly mend: string } {
  const head = text.slice(0, 20_000);
  if (head.trim() === '') return { what: 'the file is empty: nothing was recorded', mend: RECORD };
  if (head.startsWith('PERFILE2'))
    return { what: 'this is perf.data, which only perf reads',
      mend: 'print it with perf script --ns -F comm,pid,tid,time,event,addr,ip, and give it beside a strace' };
  if (/^ *(?:\d+\.\d+|\?) \( *(?:\d+\.\d+ ms)? *\): /m.test(head)) {
    return { what: 'this is perf trace text: perf trace prints no buffers', mend: `use strace: ${RECORD}` };
  }
  if (/^.* \d+(?:\/\d+)? +(?:\[\d+\] +)?\d+\.\d{3,9}: +(?:\d+ +)?[\w:-]+:/m.test(head)) {
    return { what: 'these are samples of perf script, and no calls',
      mend: 'give them as NAME.faults beside NAME.strace' };
  }
  if (/^% time +seconds/m.test(head))
    return { what: 'this is the table of strace -c, and no calls', mend: 'record without -c (or with -C)' };
  if (/^(?:#!|title|question|process|\s*expect )/m.test(head) && /\b(?:fork|pin|store)\b/.test(head)) {
    return { what: 'this is a scenario, and no recording', mend: 'run it with cowlab compare or cowlab run' };
  }
  if (head.includes('\u0000') || head.startsWith('\u007fELF'))
    return { what: 'this is a binary file, and no text of strace', mend: RECORD };
  return { what: 'this is no recording: no line of it reads as a call of strace', mend: RECORD };
}
