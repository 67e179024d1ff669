/**
 * Reads what `strace -f -ttt -y` wrote into records, one per syscall, signal or end of a process.
 *
 * strace prints a call in two halves when another process is heard of in between: `… <unfinished ...>` and `<... NAME
 * resumed>…`. The halves are joined into one record that remembers both places, because a memory model has to decide
 * where between them the call took effect.
 *
 * - A call still unfinished when its process ends, or when the recording does, is kept with `unfinished: true`: it was
 *   asked for, and nobody saw whether it happened.
 * - A second half without a first is refused: the beginning of the recording is missing, and with it mappings.
 * - So is a new call of a process whose last one is still open: lines were lost.
 */
import { straceLines, type StraceLine } from './strace-line.ts';
import type { StraceRecord, SyscallRecord } from './strace-record.ts';
import { annotationEnd, integer, parseArguments, unescape } from './strace-value.ts';
import { quote, TraceError } from '../trace-error.ts';

/** The records of a recording in the order of their first lines. `name` is the recording's, for refusals. */
export function parseStrace(text: string, name: string): StraceRecord[] {
  const state: State = { file: name, records: [], open: new Map() };
  for (const line of straceLines(text, name)) {
    if (line.rest.startsWith('+++ ')) readEnd(state, line);
    else if (line.rest.startsWith('--- ')) readSignal(state, line);
    else if (line.rest.startsWith('<... ')) readResumed(state, line);
    else readBegun(state, line);
  }
  return state.records;
}

interface OpenCall {
  readonly index: number;
  readonly begun: StraceLine;
  readonly name: string;
  /** What is printed so far, without `<unfinished ...>`. */
  readonly text: string;
}

interface State {
  readonly file: string;
  readonly records: StraceRecord[];
  readonly open: Map<number, OpenCall>;
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
  if (found === null) return refuse(state, line, 'this is neither a syscall nor a signal nor an exit');
  const before = state.open.get(line.pid);
  if (before !== undefined) {
    return refuse(
      state,
      line,
      `pid ${line.pid} starts a call while its ${before.name} of line ${before.begun.line} is open`,
    );
  }
  state.records.push(readCall(state, line, line, found[1] ?? '', line.rest, state.records.length));
}

function readResumed(state: State, line: StraceLine): void {
  const [head, name] = RESUMED.exec(line.rest) ?? refuse(state, line, 'a resumed call is not written as one');
  const begun = state.open.get(line.pid);
  if (begun === undefined) {
    return refuse(
      state,
      line,
      `pid ${line.pid} resumes a ${name} that it never started`,
      'give the recording from its start',
    );
  }
  if (begun.name !== name) {
    return refuse(
      state,
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
  const half = HALF.exec(text);
  const [, why, closed] = half ?? [];
  const body = half === null ? text : text.slice(0, half.index).trimEnd();
  if (why === 'unfinished' && closed === undefined) state.open.set(ended.pid, { index, begun, name, text: body });
  const resumed = ended !== begun;
  const { args, next } = parseArguments(body, body.indexOf('(') + 1, half !== null, (what, column) =>
    refuse(
      state,
      ended,
      `${what} in ${quote(body.slice(Math.max(0, column - 20), column + 20))}`,
      UNEDITED,
      resumed ? undefined : column,
    ));
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
  const { durationMicros, ...result } = readReturn(state, ended, body.slice(next));
  return {
    ...base,
    ...result,
    endMicros: endMicros ?? (durationMicros === null ? null : begun.micros + durationMicros),
    unfinished: false,
  };
}

type Return = Pick<SyscallRecord, 'ret' | 'retPath' | 'errno'> & { readonly durationMicros: number | null };

/** `= 0x7f…`, `= 3</path>`, `= -1 ENOENT (…)`, `= ? ERESTARTSYS (…)`, `= 0 (Timeout) <0.000012>`. */
function readReturn(state: State, line: StraceLine, text: string): Return {
  const [, value = '', tail = ''] = RETURN.exec(text) ?? refuse(state, line, `the call has no result (${quote(text)})`);
  const fdEnd = tail.startsWith('<') ? annotationEnd(tail, 0) : 0;
  const [elsewhere = '', pid] = PID_ELSEWHERE.exec(tail) ?? [];
  const rest = tail.slice(Math.max(fdEnd, elsewhere.length)).replace(/^\(deleted\)/, '');
  const after = AFTER_RETURN.exec(rest);
  if (after === null || fdEnd < 0) return refuse(state, line, `the call's result is followed by ${quote(tail)}`);
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
  const [, by] = SUPERSEDED.exec(line.rest) ?? refuse(state, line, 'this end of a process is not known');
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
  const [, signal = '', text = ''] = SIGNAL.exec(line.rest) ?? refuse(state, line, 'this signal is not written as one');
  const { args, next } = parseArguments(`${text})`, 0, false, (what) => refuse(state, line, `${what} in the siginfo`));
  if (next !== text.length + 1 || args[0]?.value.kind !== 'struct') refuse(state, line, 'the siginfo is no structure');
  state.records.push({ ...base, signal, info: args[0]?.value ?? null });
}

function refuse(state: State, line: StraceLine, what: string, mend = UNEDITED, column?: number): never {
  throw new TraceError({
    file: state.file,
    line: line.line,
    column: column === undefined ? undefined : line.column + column,
    what: column === undefined ? `${what} in ${quote(line.rest)}` : what,
    mend,
  });
}
