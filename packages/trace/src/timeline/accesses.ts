/**
 * Accesses that no recorder can show, stated by somebody who knows the program.
 *
 * A store to a page that needs no fault leaves no sample. Kernels since 5.9 copy pinned pages at fork(), so neither
 * side's later stores to them fault, and it is just these stores that decide on an older kernel whether the device
 * loses its page. One line each: `TIME PID r|w ADDR [NR_PAGES] # why known`. Blank lines and lines of comment are
 * passed over.
 *
 * One line is not all lines: only a comment that begins with `# complete` says that no other store met a registered
 * page, and nothing is concluded from silence without it.
 */
import type { Moment } from '../moment.ts';
import { PAGE, USER_END } from '../space/shadow.ts';
import { quote, TraceError, wholeLines } from '../trace-error.ts';

export interface StatedAccess {
  readonly line: number;
  readonly at: Moment;
  /** The thread, as strace numbers it. */
  readonly pid: number;
  readonly write: boolean;
  readonly addr: number;
  readonly nrPages: number;
  /** Why this is known; an access that nobody can justify is no evidence. */
  readonly why: string;
}

const LINE = /^\s*(\d{1,11})(?:\.(\d{1,9}))?\s+(\d{1,10})\s+([rw])\s+0x([0-9a-f]{1,16})(?:\s+(\d{1,9}))?\s*#\s*(\S.*)$/;
const MEND = 'write `TIME PID r|w 0xADDR [NR_PAGES] # why known`';
/** 4 GiB in one line is no statement about a program any more. */
const NR_PAGES_MAX = 2 ** 20;

export function parseAccesses(text: string, file: string): StatedAccess[] {
  const accesses: StatedAccess[] = [];
  for (const [index, content] of wholeLines(text, file).entries()) {
    if (/^\s*(#|$)/.test(content)) continue;
    accesses.push(readLine(content, file, index + 1));
  }
  return accesses;
}

/** Somebody says that no other store met a registered page. */
export const statesAll = (text: string): boolean => /^\s*#\s*complete\b/m.test(text);

function readLine(content: string, file: string, line: number): StatedAccess {
  const refuse = (what: string): never => {
    throw new TraceError({ file, line, what: `${what} (${quote(content.trim())})`, mend: MEND });
  };
  const found = LINE.exec(content) ?? refuse('this states no access, or not why it is known');
  const [, seconds, decimals, pid, kind, addr, nr, why] = found;
  const nanoseconds = (decimals ?? '').padEnd(9, '0');
  const access: StatedAccess = {
    line,
    at: { micros: Number(seconds) * 1e6 + Number(nanoseconds.slice(0, 6)), nanos: Number(nanoseconds.slice(6)) },
    pid: Number(pid),
    write: kind === 'w',
    addr: parseInt(addr, 16),
    nrPages: Number(nr ?? '1'),
    why: why.trim(),
  };
  if (access.nrPages === 0 || access.nrPages > NR_PAGES_MAX) refuse(`an access touches 1 to ${NR_PAGES_MAX} pages`);
  if (access.addr + access.nrPages * PAGE > USER_END) refuse('the access ends past the user half of the address space');
  return access;
}
