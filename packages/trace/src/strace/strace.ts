/**
 * Reads what strace wrote into records, one per syscall, signal or end of a process.
 *
 * strace prints a call in two halves when another process is heard of in between: `… <unfinished ...>` and `<... NAME
 * resumed>…`. The halves are joined into one record that remembers both places, because a memory model has to decide
 * where between them the call took effect. A call still unfinished when its process ends, or when the recording does,
 * is kept with `unfinished: true`: it was asked for, and nobody saw whether it happened.
 *
 * Nothing here is fatal: a line that does not read is listed, with what it seems to be. Whoever gives a verdict decides
 * what rests on it. A second half without a first (the beginning is missing) and a new call of a process whose last one
 * is still open (lines were lost) are listed as well.
 */
import type { StraceLine } from './strace-line.ts';
import type { StraceReading, UnreadLine } from './strace-reading.ts';
import type { StraceRecord, SyscallRecord } from './strace-record.ts';
import { linesOf } from './strace-text.ts';
import { annotationEnd, integer, parseArguments, unescape } from './strace-value.ts';
import { Tracees } from './tracees.ts';
import { quote } from '../trace-error.ts';

/** The records of a recording in the order of their first lines; what does not read is left out. */
export function parseStrace(text: string, name: string): StraceRecord[] {
  return [...readStrace(text, name).records];
}

/** `name` is the recording's, for remarks. */
export function readStrace(text: string, name: string): StraceReading {
  const { lines, strange, torn, stack, remarks, attached, total, pids, times } = linesOf(text);
  const state: State = { records: [], open: new Map(), unread: [], tracees: new Tracees() };
  for (const line of lines) {
    // Every line of a file begins alike: one that does not has lost its beginning.
    if ((pids === 'a pid' && line.pids !== pids) || line.times !== times) {
      state.unread.push(asUnread(line.line, line.rest, 'this line does not begin as the others do'));
      continue;
    }
    try {
      readLine(state, { ...line, pid: state.tracees.of(line, state.open) });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      state.unread.push(error.line);
    }
  }
  const isFile = pids === 'a pid';
  const misread = strange.filter((line) => isFile || line.pids === 'a pid' || LOOKS_LIKE_CALL.test(line.text));
  state.unread.push(...misread.map(({ line, text }) => asUnread(line, text, 'this is no line of strace')));
  state.unread.sort((a, b) => a.line - b.line);
  return {
    name,
    records: state.tracees.rename(state.records),
    unread: state.tracees.rename(state.unread),
    torn: torn === null ? null : asUnread(torn.line, torn.text, 'the recording is torn here'),
    passedOver: { output: strange.length - misread.length, stack, remarks },
    attached,
    lines: total,
    pids,
    times,
  };
}

function readLine(state: State, line: StraceLine): void {
  if (line.rest.startsWith('+++ ')) readEnd(state, line);
  else if (line.rest.startsWith('--- ')) readSignal(state, line);
  else if (line.rest.startsWith('<... ')) readResumed(state, line);
  else readBegun(state, line);
}

interface OpenCall {
  readonly index: number;
  readonly begun: StraceLine;
  readonly name: string;
  /** What is printed so far, without `<unfinished ...>`. */
  readonly text: string;
}

interface State {
  readonly records: StraceRecord[];
  readonly open: Map<number, OpenCall>;
  readonly unread: UnreadLine[];
  readonly tracees: Tracees;
}

/** Carries a remark out of the depth of a line. */
class Unreadable extends Error {
  constructor(readonly line: UnreadLine) {
    super(line.what);
  }
}

/** Words that stand in strace's lines and seldom in a program's output. */
const LOOKS_LIKE_CALL =
  /^\[pid|\b(?:iov_base|IORING_|MADV_|CLONE_|PROT_|MAP_|SIG[A-Z]{3,}|resumed>|io_u|si_addr)|<unfinished|\) += (?:\?|-?\d|0x)/;

function asUnread(line: number, text: string, what: string): UnreadLine {
  const call = /(?:^|[\s\]])(?:<\.\.\. )?([a-z_][a-z0-9_]+)(?:\(| resumed)/.exec(text)?.[1] ?? null;
  const pid = Number(/^(?:\[pid +)?(\d{1,7})\b/.exec(text)?.[1] ?? 0);
  return { line, text: text.slice(0, 200), what: `${what} (${quote(text)})`, mend: UNEDITED, call, pid };
}

const NAME = /^([a-z_]\w*|\?\?\?)\(/i;
const RESUMED = /^<\.\.\. (\S+) resumed>/;
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

function readBegun(state: State, line: StraceLine): void {
  const found = NAME.exec(line.rest);
  if (found === null) return refuse(line, 'this is neither a syscall nor a signal nor an exit');
  const before = state.open.get(line.pid);
  if (before !== undefined) {
    state.open.delete(line.pid);
    state.unread.push(
      asUnread(before.begun.line, `${before.begun.rest}`,
        `pid ${line.pid} starts a call in line ${line.line} while its ${before.name} is open: lines are missing`),
    );
  }
  state.records.push(readCall(state, line, line, found[1] ?? '', line.rest, state.records.length));
}

function readResumed(state: State, line: StraceLine): void {
  const [head, name] = RESUMED.exec(line.rest) ?? refuse(line, 'a resumed call is not written as one');
  const begun = state.open.get(line.pid);
  if (begun === undefined) {
    return refuse(
      line,
      `pid ${line.pid} resumes a ${name} that it never started`,
      'give the recording from its start',
    );
  }
  if (begun.name !== name) {
    return refuse(
      line,
      `pid ${line.pid} resumes a ${name} while its ${begun.name} of line ${begun.begun.line} is open`,
    );
  }
  state.open.delete(line.pid);
  const text = `${begun.text} ${line.rest.slice(head.length)}`;
  state.records[begun.index] = readCall(state, begun.begun, line, begun.name, text, begun.index);
}

/** Reads a call as far as it is printed, and leaves it open if a second half may follow. */
function readCall(
  state: State,
  begun: StraceLine,
  ended: StraceLine,
  name: string,
  text: string,
  index: number,
): SyscallRecord {
  if (begun === ended && UNMINDED.has(name) && !text.endsWith('?')) {
    const record = readLater(begun, name, text);
    if (record !== null) return record;
  }
  const half = text.endsWith('>') || text.endsWith('?') ? HALF.exec(text) : null;
  const [, why, closed] = half ?? [];
  const body = half === null ? text : text.slice(0, half.index).trimEnd();
  if (why === 'unfinished' && closed === undefined) state.open.set(ended.pid, { index, begun, name, text: body });
  const resumed = ended !== begun;
  const { args, next } = parseArguments(body, body.indexOf('(') + 1, half !== null, (what, column) => {
    state.open.delete(ended.pid);
    return refuse(ended, `${what} in ${quote(body.slice(Math.max(0, column - 20), column + 20))}`, UNEDITED,
      resumed ? undefined : column);
  });
  const base = {
    kind: 'syscall',
    name,
    args,
    line: begun.line,
    pid: ended.pid,
    startMicros: begun.micros,
    endLine: ended.line,
  } as const;
  const endMicros = resumed ? ended.micros : null;
  if (half !== null) return { ...base, endMicros, ret: null, retPath: null, errno: null, unfinished: true };
  const { durationMicros, ...result } = readReturn(ended, body.slice(next));
  return {
    ...base,
    ...result,
    endMicros: endMicros ?? (durationMicros === null ? null : begun.micros + durationMicros),
    unfinished: false,
  };
}

/** What most lines of a recording are, and hardly anybody asks for the arguments of. */
const UNMINDED: ReadonlySet<string> = new Set(
  `read write pread64 pwrite64 readv writev openat futex epoll_wait epoll_pwait
  poll ppoll select pselect6 recvfrom fstat newfstatat stat lstat statx access faccessat lseek rt_sigaction rt_sigprocmask
  getrandom clock_gettime clock_nanosleep nanosleep getpid gettid sched_yield set_robust_list rseq prlimit64 getdents64
  readlink getcwd uname sysinfo times getuid geteuid getgid getegid sched_getaffinity epoll_ctl gettimeofday`.trim()
    .split(/\s+/),
);

/** The arguments are read when somebody asks: damage in them is no damage to anything. Null if it has no plain result. */
function readLater(line: StraceLine, name: string, text: string): SyscallRecord | null {
  const end = text.lastIndexOf(' = ');
  const open = name.length + 1;
  const head = text.slice(0, Math.max(0, end)).trimEnd();
  if (end < open || !head.endsWith(')')) return null;
  const { durationMicros, ...result } = readReturn(line, text.slice(end));
  let args: SyscallRecord['args'] | null = null;
  return {
    kind: 'syscall',
    name,
    get args() {
      return args ??= laterArguments(head, open);
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

function laterArguments(head: string, open: number): SyscallRecord['args'] {
  const damaged = new Error('damaged');
  try {
    return parseArguments(head, open, false, () => {
      throw damaged;
    }).args;
  } catch (error) {
    if (error !== damaged) throw error;
    return [];
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

function readEnd(state: State, line: StraceLine): void {
  const base = { line: line.line, pid: line.pid, startMicros: line.micros };
  state.open.delete(line.pid);
  const [, code] = EXITED.exec(line.rest) ?? [];
  if (code !== undefined) return void state.records.push({ ...base, kind: 'exited', code: Number(code) });
  const [, signal, core] = KILLED.exec(line.rest) ?? [];
  if (signal !== undefined)
    return void state.records.push({ ...base, kind: 'killed', signal, coreDumped: core !== undefined });
  const [, by] = SUPERSEDED.exec(line.rest) ?? refuse(line, 'this end of a process is not known');
  state.records.push({ ...base, kind: 'superseded', by: Number(by) });
  // The execve that the thread began is resumed under the leader's pid; the leader's own open call never ends.
  const execve = state.open.get(Number(by));
  if (execve === undefined) return;
  state.open.delete(Number(by));
  state.open.set(line.pid, execve);
}

function readSignal(state: State, line: StraceLine): void {
  const base = { kind: 'signal', line: line.line, pid: line.pid, startMicros: line.micros } as const;
  const [, stop] = STOPPED.exec(line.rest) ?? [];
  if (stop !== undefined) return void state.records.push({ ...base, signal: stop, info: null });
  const [, signal = '', text = ''] = SIGNAL.exec(line.rest) ?? refuse(line, 'this signal is not written as one');
  const { args, next } = parseArguments(`${text})`, 0, false, (what) => refuse(line, `${what} in the siginfo`));
  if (next !== text.length + 1 || args[0]?.value.kind !== 'struct') refuse(line, 'the siginfo is no structure');
  state.records.push({ ...base, signal, info: args[0]?.value ?? null });
}

function refuse(line: StraceLine, what: string, mend = UNEDITED, column?: number): never {
  const about = column === undefined ? `${what} in ${quote(line.rest)}` : what;
  const call = NAME.exec(line.rest)?.[1] ?? RESUMED.exec(line.rest)?.[1] ?? null;
  throw new Unreadable({ line: line.line, text: line.rest.slice(0, 200), what: about, mend, call, pid: line.pid,
    column: column === undefined ? undefined : line.column + column });
}
