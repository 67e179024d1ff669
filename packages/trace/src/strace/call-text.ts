/** One record from the text of its line: a call, whole or as far as it is printed, a signal, or an end. */
import { isUnminded } from './call-names.ts';
import type { StraceLine } from './strace-line.ts';
import type { UnreadLine } from './strace-reading.ts';
import type { ExitedRecord, KilledRecord, SignalRecord, SupersededRecord, SyscallRecord } from './strace-record.ts';
import { annotationEnd, integer, parseArguments, unescape } from './strace-value.ts';
import { quote } from '../trace-error.ts';

/** Carries a remark out of the depth of a line. */
export class Unreadable extends Error {
  constructor(readonly line: UnreadLine) {
    super(line.what);
  }
}

export const NAME = /^([a-z_]\w*|\?\?\?)\(/i;
export const RESUMED = /^<\.\.\. (\S+) resumed>/;
/** strace closes the half of a process that died or was let go; only the plain form can still be resumed. */
const HALF = /<(unfinished|detached) \.\.\.>(\) {0,99}= \?)?$/;
const RETURN = /^ *= +(\?|0x[0-9a-f]+|-?\d+)(.*)$/s;
const PID_ELSEWHERE = /^ \/\* (\d+) in strace's PID NS \*\//;
const AFTER_RETURN = /^(?: ([A-Z][A-Z0-9_]*))?(?: \(.*\)| <unavailable>)?(?: <(\d+\.\d+)>)?$/s;
const EXITED = /^\+\+\+ exited with (\d+) \+\+\+$/;
const KILLED = /^\+\+\+ killed by (\w+)( \(core dumped\))? \+\+\+$/;
const SUPERSEDED = /^\+\+\+ superseded by execve in pid (\d+) \+\+\+$/;
const STOPPED = /^--- stopped by (\w+) ---$/;
const SIGNAL = /^--- (\w+) (\{.*\}) ---$/s;
const UNEDITED = 'give the recording whole and unedited';

export function asUnread(line: number, text: string, what: string): UnreadLine {
  const call = /(?:^|[\s\]])(?:<\.\.\. )?([a-z_][a-z0-9_]+)(?:\(| resumed)/.exec(text)?.[1] ?? null;
  const pid = Number(/^(?:\[pid +)?(\d{1,7})\b/.exec(text)?.[1] ?? 0);
  return { line, text: text.slice(0, 200), what: `${what} (${quote(text)})`, mend: UNEDITED, call, pid };
}

export function refuse(line: StraceLine, what: string, mend = UNEDITED, column?: number): never {
  const about = column === undefined ? `${what} in ${quote(line.rest)}` : what;
  const call = NAME.exec(line.rest)?.[1] ?? RESUMED.exec(line.rest)?.[1] ?? null;
  throw new Unreadable({ line: line.line, text: line.rest.slice(0, 200), what: about, mend, call, pid: line.pid,
    column: column === undefined ? undefined : line.column + column });
}

export interface ReadCall {
  readonly record: SyscallRecord;
  /** What is printed so far of a call that a second half may follow, without `<unfinished ...>`. */
  readonly open: string | null;
}

/** A call from its first line and the one that ends it; `text` is what both print of it. */
export function readCall(begun: StraceLine, ended: StraceLine, name: string, text: string): ReadCall {
  if (begun === ended && isUnminded(name) && !text.endsWith('?')) {
    const record = readLater(begun, name, text);
    if (record !== null) return { record, open: null };
  }
  const half = text.endsWith('>') || text.endsWith('?') ? HALF.exec(text) : null;
  const [, why, closed] = half ?? [];
  const body = half === null ? text : text.slice(0, half.index).trimEnd();
  const resumed = ended !== begun;
  const { args, next } = parseArguments(body, body.indexOf('(') + 1, half !== null,
    (what, column) =>
      refuse(ended, `${what} in ${quote(body.slice(Math.max(0, column - 20), column + 20))}`, UNEDITED,
        resumed ? undefined : column));
  if (half !== null && next < body.length) refuse(ended, 'two lines have become one');
  const base = { kind: 'syscall', name, args, line: begun.line, pid: ended.pid, startMicros: begun.micros,
    endLine: ended.line } as const;
  const endMicros = resumed ? ended.micros : null;
  if (half !== null) {
    const record = { ...base, endMicros, ret: null, retPath: null, errno: null, unfinished: true };
    return { record, open: why === 'unfinished' && closed === undefined ? body : null };
  }
  const { durationMicros, ...result } = readReturn(ended, body.slice(next));
  const record = { ...base, ...result,
    endMicros: endMicros ?? (durationMicros === null ? null : begun.micros + durationMicros), unfinished: false };
  return { record, open: null };
}

/** A call within a line: two lines have become one. Read with care, it is refused, unless it stands in a string. */
const ANOTHER = /\) += /;

/** The arguments are read when somebody asks: damage in them is no damage to anything. Null if it has no plain result. */
function readLater(line: StraceLine, name: string, text: string): SyscallRecord | null {
  const end = text.lastIndexOf(' = ');
  const open = name.length + 1;
  const head = text.slice(0, Math.max(0, end)).trimEnd();
  if (end < open || !head.endsWith(')') || ANOTHER.test(head)) return null;
  const { durationMicros, ...result } = readReturn(line, text.slice(end));
  let args: SyscallRecord['args'] | null = null;
  return {
    kind: 'syscall',
    name,
    get args() {
      return args ??= tryArguments(head, open)?.args ?? [];
    },
    line: line.line,
    pid: line.pid,
    startMicros: line.micros,
    endLine: line.line,
    ...result,
    endMicros: durationMicros === null ? null : line.micros + durationMicros,
    unfinished: false,
  };
}

const DAMAGED = new Error('damaged');
const sayNo = (): never => {
  throw DAMAGED;
};

/** Arguments up to the bracket that closes them, and where they end; null if they do not read. */
export function tryArguments(text: string, from: number, open = false): ReturnType<typeof parseArguments> | null {
  try {
    return parseArguments(text, from, open, sayNo);
  } catch (error) {
    if (error !== DAMAGED) throw error;
    return null;
  }
}

type Return = Pick<SyscallRecord, 'ret' | 'retPath' | 'errno'> & { readonly durationMicros: number | null };

/** `= 0x7f…`, `= 3</path>`, `= -1 ENOENT (…)`, `= ? ERESTARTSYS (…)`, `= 0 (Timeout) <0.000012>`. */
function readReturn(line: StraceLine, text: string): Return {
  const [, value = '', tail = ''] = RETURN.exec(text) ?? refuse(line, `the call has no result (${quote(text)})`);
  const fdEnd = tail.startsWith('<') ? annotationEnd(tail, 0) : 0;
  const [elsewhere = '', pid] = PID_ELSEWHERE.exec(tail) ?? [];
  const rest = tail.slice(Math.max(fdEnd, elsewhere.length)).replace(/^\(deleted\)/, '');
  const after = AFTER_RETURN.exec(rest);
  if (after === null || fdEnd < 0) return refuse(line, `the call's result is followed by ${quote(tail)}`);
  const [, errno, duration] = after;
  return {
    ret: value === '?' ? null : pid !== undefined ? Number(pid) : integer(value),
    retPath: fdEnd > 0 ? unescape(tail.slice(1, fdEnd - 1)) : null,
    errno: errno ?? null,
    durationMicros: duration === undefined ? null : Math.round(Number(duration) * 1e6),
  };
}

export function readEnd(line: StraceLine): ExitedRecord | KilledRecord | SupersededRecord {
  const base = { line: line.line, pid: line.pid, startMicros: line.micros };
  const [, code] = EXITED.exec(line.rest) ?? [];
  if (code !== undefined) return { ...base, kind: 'exited', code: Number(code) };
  const [, signal, core] = KILLED.exec(line.rest) ?? [];
  if (signal !== undefined) return { ...base, kind: 'killed', signal, coreDumped: core !== undefined };
  const [, by] = SUPERSEDED.exec(line.rest) ?? refuse(line, 'this end of a process is not known');
  return { ...base, kind: 'superseded', by: Number(by) };
}

export function readSignal(line: StraceLine): SignalRecord {
  const base = { kind: 'signal', line: line.line, pid: line.pid, startMicros: line.micros } as const;
  const [, stop] = STOPPED.exec(line.rest) ?? [];
  if (stop !== undefined) return { ...base, signal: stop, info: null };
  const [, signal = '', text = ''] = SIGNAL.exec(line.rest) ?? refuse(line, 'this signal is not written as one');
  const { args, next } = parseArguments(`${text})`, 0, false, (what) => refuse(line, `${what} in the siginfo`));
  if (next !== text.length + 1 || args[0]?.value.kind !== 'struct') refuse(line, 'the siginfo is no structure');
  return { ...base, signal, info: args[0]?.value ?? null };
}
