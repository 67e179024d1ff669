/** The three recordings of real programs that ship as fixtures, against counts that know nothing of the parsers. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parsePerfFaults } from '../perf/perf-script.ts';
import { interpret } from '../calls/syscalls.ts';
import { parseStrace, readStrace } from '../strace/strace.ts';
import { TraceError } from '../trace-error.ts';

const RECORDINGS = ['uring-fork', 'redis-bgsave', 'fio-fixedbufs'] as const;
const read = (file: string): string =>
  gunzipSync(readFileSync(new URL(`../../fixtures/${file}.gz`, import.meta.url))).toString();
const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

describe.each(RECORDINGS)('the recording %s', (name) => {
  const strace = read(`${name}.strace`);
  const faults = read(`${name}.faults`);
  const records = parseStrace(strace, name);
  const calls = interpret(records, name);
  const samples = parsePerfFaults(faults, name);

  it('gives one record for each line that begins something', () => {
    expect(records).toHaveLength(count(strace, /^(?!.*<\.\.\. )/gm) - 1);
    expect(records.filter((record) => record.kind === 'exited')).toHaveLength(count(strace, /\+\+\+ exited/g));
    expect(records.filter((record) => record.kind === 'signal')).toHaveLength(count(strace, /--- SIG/g));
  });

  it('finishes every call it began', () => {
    expect(records.filter((record) => record.kind === 'syscall' && record.unfinished)).toEqual([]);
  });

  it('has as many calls of every name as the text has openings', () => {
    const names = new Set([...strace.matchAll(/^\d+ [\d.]+ (\w+)\(/gm)].map((found) => found[1]));
    for (const call of names) {
      const found = records.filter((record) => record.kind === 'syscall' && record.name === call);
      expect([call, found.length]).toEqual([call, count(strace, new RegExp(` ${call}\\(`, 'g'))]);
    }
  });

  it('has as many typed calls as the text has of their kind', () => {
    const of = (type: string) => calls.filter((call) => call.type === type).length;
    expect(of('mmap')).toBe(count(strace, / mmap\(/g));
    expect(of('clone')).toBe(count(strace, / clone3?\(/g));
    expect(of('brk')).toBe(count(strace, / brk\(/g));
    expect(of('exit')).toBe(count(strace, / exit(_group)?\(/g));
    expect(of('ioUringRegisterBuffers')).toBe(count(strace, /IORING_REGISTER_BUFFERS/g));
    const kept = count(strace, / (wait4|kill|io_uring_register|[gs]et_mempolicy)\((?!.*REGISTER_BUFFERS)/g);
    expect(of('other')).toBe(kept);
  });

  it('shows every failed call as one', () => {
    expect(calls.filter((call) => call.errno !== null)).toHaveLength(count(strace, / = -1 E/g));
  });

  it('maps what mmap returned, to the last digit', () => {
    const mapped = calls.flatMap((call) => (call.type === 'mmap' ? [`0x${call.ret?.toString(16)}`] : []));
    const printed = [...strace.matchAll(/ mmap(?:\(| resumed>).* = (0x\w+)$/gm)].map((found) => found[1]);
    expect(mapped).toEqual(printed);
  });

  it('lists calls by the line at which they count', () => {
    const at = calls.map((call) => call.atLine);
    expect(at).toEqual([...new Set(at)].sort((a, b) => a - b));
  });

  it('shows no process before the clone that made it', () => {
    const born = new Set([calls[0]?.pid]);
    for (const call of calls) {
      expect(born).toContain(call.pid);
      if (call.type === 'clone' && call.child !== null) born.add(call.child);
    }
  });

  it('never maps over a living mapping of the same mm unless MAP_FIXED says so', () => {
    const taken = new Map<number, Set<number>>();
    const mm = new Map<number, number>();
    const pages = (address: number, bytes: number) =>
      Array.from({ length: Math.ceil(bytes / 4096) }, (_, page) => address / 4096 + page);
    for (const call of calls) {
      const own = mm.get(call.pid) ?? call.pid;
      const held = taken.get(own) ?? new Set();
      taken.set(own, held);
      if (call.type === 'execve' && call.ok) {
        mm.set(call.pid, call.pid);
        taken.set(call.pid, new Set());
      } else if (call.type === 'clone' && call.child !== null) {
        mm.set(call.child, call.cloneVm ? own : call.child);
        if (!call.cloneVm) taken.set(call.child, new Set(held));
      } else if (call.type === 'munmap') {
        pages(call.address, call.lengthBytes).forEach((page) => held.delete(page));
      } else if (call.type === 'mmap' && call.ret !== null) {
        const fresh = pages(call.ret, call.lengthBytes);
        if (!call.flags.fixed) expect(fresh.filter((page) => held.has(page))).toEqual([]);
        fresh.forEach((page) => held.add(page));
      }
    }
  });

  it('has one sample for each line, in the order of time, each inside its process', () => {
    expect(samples).toHaveLength(count(faults, /page-faults:/g));
    const printed = [...faults.matchAll(/ (\d+)\.(\d{9}): \S+ +(\S+)/g)];
    expect(samples.map(({ micros, nanos }) => `${micros}${String(nanos).padStart(3, '0')}`)).toEqual(
      printed.map(([, seconds, nanos]) => `${seconds}${nanos}`),
    );
    expect(samples.map(({ addr }) => addr.toString(16))).toEqual(printed.map((found) => found[3]));
    const pids = new Set(calls.map((call) => call.pid));
    expect(samples.filter((sample) => !pids.has(sample.tid))).toEqual([]);
  });

  it('lets no process fault before it is cloned', () => {
    const born = new Map(calls.flatMap((call) => (call.type === 'clone' ? [[call.child, call.atMicros]] : [])));
    expect(samples.filter((sample) => sample.micros < (born.get(sample.tid) ?? 0))).toEqual([]);
  });
});

describe('a damaged recording', () => {
  const strace = Object.fromEntries(RECORDINGS.map((name) => [name, read(`${name}.strace`).split('\n')]));
  const faults = Object.fromEntries(RECORDINGS.map((name) => [name, read(`${name}.faults`).split('\n')]));
  /** A few neighbouring lines: the parsers look at lines, and a whole recording a thousand times over is slow. */
  const piece = (of: Record<string, string[]>) =>
    fc.tuple(fc.constantFrom(...RECORDINGS), fc.nat(), fc.integer({ min: 1, max: 25 })).map(([name, from, nr]) => {
      const lines = of[name];
      const start = from % (lines.length - 1);
      return `${lines.slice(start, Math.min(start + nr, lines.length - 1)).join('\n')}\n`;
    });
  const edits = fc.array(
    fc.record({
      at: fc.nat(),
      drop: fc.integer({ min: 0, max: 12 }),
      put: fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.string({ unit: 'binary', maxLength: 3 }),
        fc.constantFrom(
          '\n',
          '(',
          ')',
          '{',
          '}',
          '[',
          ']',
          '"',
          '\\',
          '<',
          '>',
          ',',
          '=',
          ' => ',
          '|',
          '/*',
          '*/',
          '?',
        ),
        fc.constantFrom(
          ' <unfinished ...>',
          '<... mmap resumed>',
          '+++ exited with 0 +++',
          '0x',
          '-1 ENOMEM (x)',
          '\r\n',
        ),
      ),
    }),
    { maxLength: 4 },
  );
  const edit = (text: string, changes: { at: number; drop: number; put: string }[]): string =>
    changes.reduce((now, { at, drop, put }) => {
      const from = at % (now.length + 1);
      return now.slice(0, from) + put + now.slice(from + drop);
    }, text);
  const answers = (parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      expect(error).toBeInstanceOf(TraceError);
      expect((error as Error).message).toMatch(/^damaged:\d+: [^\n]+; [^\n;]+$/);
    }
  };

  it('either reads or is refused in one line, whatever was done to the syscalls', () => {
    fc.assert(
      fc.property(piece(strace), edits, (text, changes) => {
        answers(() => interpret(parseStrace(edit(text, changes), 'damaged'), 'damaged'));
      }),
      { numRuns: 3000 },
    );
  });

  it('either reads or is refused in one line, whatever was done to the samples', () => {
    fc.assert(
      fc.property(piece(faults), edits,
        (text, changes) => answers(() => parsePerfFaults(edit(text, changes), 'damaged'))),
      { numRuns: 1000 },
    );
  });

  it('is torn when it is cut anywhere but behind a line, unless nothing can follow', () => {
    const text = strace['uring-fork'].join('\n').slice(0, 20_000);
    const wrong: number[] = [];
    for (let length = 0; length < text.length; length += 7) {
      const { torn } = readStrace(text.slice(0, length), 'torn');
      const isWhole = length === 0 || text[length - 1] === '\n'
        || / = \?$|= -1 E[A-Z]+ \([^()]*\)$| [-+]{3}$|\.\.\.>$/.test(text.slice(0, length));
      if (isWhole !== (torn === null)) wrong.push(length);
    }
    expect(wrong).toEqual([]);
  });

  it('is answered soon, however long and bracketed a line is', () => {
    for (const char of [
      '{',
      '[',
      '(',
      ' ',
      '"',
      '\\',
      '<',
      '=>',
      '0 => ',
      '/*',
      'a=',
      '|',
      '<unfinished ...>',
      ') = ?',
      '=',
    ]) {
      for (const [head, tail] of [
        ['1 1795342141.592670 mmap(', ''],
        ['1 1795342141.592670 mmap(0) = 0 ', '!'],
        ['', 'x'],
      ]) {
        answers(() => parseStrace(`${head}${char.repeat(100_000)}${tail}\n`, 'damaged'));
        answers(() => parsePerfFaults(`${head}${char.repeat(100_000)}${tail}\n`, 'damaged'));
      }
    }
  }, 20_000);
});
