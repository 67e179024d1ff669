/** What is not a recording of strace is refused by its name, with what to do instead. */
import { TraceError } from '@cowlab/trace';
import type { Told } from '../story/listener.ts';

const RECORD = 'record with strace -f -ttt -y -o FILE PROGRAM';

/** @throws TraceError */
export function refuseNoRecording({ reading, seen, head }: Pick<Told, 'reading' | 'seen' | 'head'>): void {
  const counted = [...reading.counted.values()].reduce((sum, { nr }) => sum + nr, 0);
  const calls = seen.plausible + counted;
  // One call among lines of something else is chance.
  if (calls > 0 && calls * 4 > reading.unreadNr) return;
  const { what, mend } = kindOf(head);
  throw new TraceError({ file: reading.name, line: 1, what, mend });
}

function kindOf(head: string): { readonly what: string; readonly mend: string } {
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
