/**
 * Reads page-fault samples as `perf script --ns -F comm,pid,tid,time,event,addr,ip` prints them.
 *
 * strace shows which mappings a program asked for, never which pages it touched; a fault sample is a touch that the
 * kernel had to serve. Both recorders use one wall clock, so samples and syscalls interleave.
 */
import { quote, TraceError, wholeLines } from '../trace-error.ts';

export interface FaultSample {
  readonly line: number;
  /** The thread's name at that moment: it tells the program before an execve() from the one after. */
  readonly comm: string;
  readonly pid: number;
  readonly tid: number;
  /** Whole microseconds of the wall clock, as in a StraceRecord: nanoseconds since 1970 do not fit a double. */
  readonly micros: number;
  /** The nanoseconds, 0–999, within that microsecond. */
  readonly nanos: number;
  readonly event: string;
  /** The address that faulted. Exact below 2^53, as every user address is. */
  readonly addr: number;
  /** The instruction. A kernel address is above 2^53 and only the nearest double. */
  readonly ip: number;
  /** The kernel touched the page on the program's behalf: copy_to_user(), the setup of a new image, … */
  readonly inKernel: boolean;
}

/** comm may contain anything, spaces included, so the line is read from its right end. */
const SAMPLE =
  /^(.*) (\d{1,10})\/(\d{1,10}) +(\d{1,11})\.(\d{9}): +([\w:-]*fault[\w:-]*): +([0-9a-f]{1,16}) +([0-9a-f]{1,16}) *$/;
const MEND =
  'record with perf record -e page-faults -c 1 -d, print with perf script --ns -F comm,pid,tid,time,event,addr,ip';
const KERNEL_START = 2 ** 63;

/** The samples in the order of the recording. Blank lines and the `#` lines of --header are passed over. */
export function parsePerfFaults(text: string, name: string): FaultSample[] {
  const samples: FaultSample[] = [];
  for (const [index, content] of wholeLines(text, name).entries()) {
    if (content === '' || content.startsWith('#')) continue;
    const found = SAMPLE.exec(content);
    if (found === null) {
      throw new TraceError({
        file: name,
        line: index + 1,
        what: `this is no page-fault sample with nanoseconds (${quote(content)})`,
        mend: MEND,
      });
    }
    const [, comm, pid, tid, seconds, decimals, event, addr, ip] = found;
    samples.push({
      line: index + 1,
      comm: comm.trim(),
      pid: Number(pid),
      tid: Number(tid),
      micros: Number(seconds) * 1e6 + Number(decimals.slice(0, 6)),
      nanos: Number(decimals.slice(6)),
      event,
      addr: parseInt(addr, 16),
      ip: parseInt(ip, 16),
      inKernel: parseInt(ip, 16) >= KERNEL_START,
    });
  }
  return samples;
}
