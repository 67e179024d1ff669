/**
 * Reads page-fault samples as `perf script -F comm,pid,tid,time,event,addr,ip` prints them, with or without --ns, and
 * whatever else was asked for: the processor, the period, symbols, a call chain below the sample, or the fields of the
 * tracepoint exceptions:page_fault_user.
 *
 * strace shows which mappings a program asked for, never which pages it touched; a fault sample is a touch that the
 * kernel had to serve. Both recorders use one wall clock, so samples and syscalls interleave.
 */
import { quote, TraceError } from '../trace-error.ts';

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
  /** The address that faulted. Exact below 2^53, as every user address of 47 bits is. */
  readonly addr: number;
  /** The instruction. A kernel address is above 2^53 and only the nearest double. */
  readonly ip: number;
  /** The kernel touched the page on the program's behalf: copy_to_user(), the setup of a new image, … */
  readonly inKernel: boolean;
  /** What the processor said of it, where the tracepoint tells; see FAULT. */
  readonly errorCode: number | null;
}

/** Bits of a fault's error code. @kernel arch/x86/include/asm/trap_pf.h */
export const FAULT = { PRESENT: 1, WRITE: 2, USER: 4, FETCH: 16 } as const;

export interface PerfReading {
  readonly samples: readonly FaultSample[];
  readonly unread: readonly { readonly line: number; readonly text: string; readonly what: string }[];
  /** Samples of faults that do not tell which address faulted: they cannot be used. */
  readonly withoutAddress: number;
  readonly lines: number;
}

/** comm may contain anything, spaces included, so it takes what is left of the last thing that reads as a sample. */
const SAMPLE =
  /^(.*?)(?:(\d{1,10})\/)?(\d{1,10}) +(?:\[\d+\] +)?(\d{1,11})\.(\d{3,9}): +(?:\d+ +)?(?:([\w:-]*fault[\w:-]*): +)?(.*)$/;
const WHERE = /^([0-9a-f]{1,16}) +([0-9a-f]{1,16})(?: .*)?$/;
const TRACEPOINT = /\baddress=(?:0x)?([0-9a-f]+)\b.*?\bip=(?:0x)?(\w+)\S*(?: error_code=(?:0x)?([0-9a-f]+))?/;
const CHAIN = /^\s+[0-9a-f]{4,16} \S/;
const MEND =
  'record with perf record -e page-faults -c 1 -d, print with perf script --ns -F comm,pid,tid,time,event,addr,ip';
const KERNEL_START = 2 ** 63;

/**
 * The samples in the order of the recording.
 * @throws TraceError for the first line that is none, and for samples without addresses
 */
export function parsePerfFaults(text: string, name: string): FaultSample[] {
  const { samples, unread, withoutAddress } = readPerfFaults(text);
  const [first] = unread;
  if (first !== undefined) {
    throw new TraceError({ file: name, line: first.line, what: first.what,
      mend: withoutAddress > 0 ? 'print with perf script -F +addr what perf record -d recorded' : MEND });
  }
  return [...samples];
}

/** The samples, and what does not read. Blank lines, the `#` lines of --header and call chains are passed over. */
export function readPerfFaults(text: string): PerfReading {
  const samples: FaultSample[] = [];
  const unread: { line: number; text: string; what: string }[] = [];
  let withoutAddress = 0;
  const contents = text.split('\n');
  const torn = contents.pop() ?? '';
  contents.forEach((content, index) => {
    const line = index + 1;
    const bare = content.trimEnd();
    if (bare === '' || bare.startsWith('#') || CHAIN.test(bare)) return;
    const sample = sampleOf(bare, line);
    if (sample === 'without address') withoutAddress++;
    if (sample === null) unread.push({ line, text: bare, what: `this is no page-fault sample (${quote(bare)})` });
    else if (sample === 'without address') {
      unread.push({ line, text: bare, what: `this sample does not tell which address faulted (${quote(bare)})` });
    } else samples.push(sample);
  });
  if (torn !== '') {
    unread.push({ line: contents.length + 1, text: torn,
      what: `the recording is torn: its last line has no line end (${quote(torn)})` });
  }
  return { samples, unread, withoutAddress, lines: contents.length + (torn === '' ? 0 : 1) };
}

function sampleOf(content: string, line: number): FaultSample | 'without address' | null {
  const found = lastSample(content);
  if (found === null) return null;
  const [, comm, pid, tid, seconds, decimals, event, rest] = found as readonly (string | undefined)[] as readonly [
    string,
    string,
    string | undefined,
    string,
    string,
    string,
    string | undefined,
    string,
  ];
  const [, addr, where, code] = (WHERE.exec(rest) ?? TRACEPOINT.exec(rest) ?? []) as readonly (string | undefined)[];
  // Without a name of an event, only what looks like a fault is one.
  if (addr === undefined || where === undefined) return event === undefined ? null : 'without address';
  // A place in the kernel is printed by its symbol.
  const ip = /^[0-9a-f]+$/.test(where) ? parseInt(where, 16) : KERNEL_START;
  const digits = decimals.padEnd(9, '0');
  return {
    line,
    comm: comm.trim(),
    pid: Number(pid ?? tid),
    tid: Number(tid),
    micros: Number(seconds) * 1e6 + Number(digits.slice(0, 6)),
    nanos: Number(digits.slice(6)),
    event: event ?? '',
    addr: parseInt(addr, 16),
    ip,
    inKernel: ip >= KERNEL_START,
    errorCode: code === undefined ? null : parseInt(code, 16),
  };
}

/** A thread may be named like a sample: what reads as one furthest to the right is it. */
function lastSample(content: string): RegExpExecArray | null {
  let found = SAMPLE.exec(content);
  for (let from = content.indexOf(': '); found !== null && from >= 0; from = content.indexOf(': ', from + 1)) {
    const later = SAMPLE.exec(content.slice(from + 2));
    if (later === null) break;
    later[1] = content.slice(0, from + 2) + later[1];
    found = later;
  }
  return found;
}
