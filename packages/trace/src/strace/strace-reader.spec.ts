import { describe, expect, it } from '@jest/globals';
import type { RecordSink } from './call-books.ts';
import { type ReaderOptions, StraceReader } from './strace-reader.ts';
import type { StraceReading } from './strace-reading.ts';

const at = (rest: string, pid = 7): string => `${pid} 1000000000.000001 ${rest}`;

/** In pieces of a few bytes, so that no line comes whole. */
function read(lines: readonly string[], options: ReaderOptions = {}, bytes = 13): StraceReading {
  const reader = new StraceReader('rec', { probe: 1, counts: true, ...options });
  const text = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  for (let from = 0; from < text.length; from += bytes) reader.write(text.slice(from, from + bytes));
  return reader.end();
}

const FIRST = at('execve("./a", ["a"], 0x1 /* 1 var */) = 0');

describe('a recording in pieces', () => {
  it('is read as it is in one', () => {
    const lines = [FIRST,
      at('mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000'),
      at('openat(AT_FDCWD</srv>, "a\\"b", O_RDONLY) = 3</srv/a\\"b>'),
      at('munmap(0x7f0000000000, 4096 <unfinished ...>'), at('brk(NULL) = 0x1000', 8), at('<... munmap resumed>) = 0'),
      at('madvise(0x1000, 1, MADV_FREE) = -1 EINVAL (Invalid)'), at('--- SIGCHLD {si_signo=SIGCHLD} ---'),
      at('+++ exited with 0 +++')];
    const whole = read(lines, { probe: 1000, counts: false }, 1 << 20);
    expect(whole.records).toHaveLength(8);
    for (const bytes of [1, 7, 64, 1 << 20]) expect(read(lines, { counts: false }, bytes)).toEqual(whole);
  });
  it('may end its lines in CR LF, and hold what is not ASCII', () => {
    const { records, unread } = read([`${FIRST}\r`, at('openat(AT_FDCWD, "/é", O_RDONLY) = 3\r'),
      at('brk(NULL) = 0x1\r')]);
    expect([records.length, unread]).toEqual([3, []]);
  });
});

describe('calls that are in no story of memory', () => {
  const counted = (...lines: string[]): [string, number][] =>
    [...read([FIRST, ...lines]).counted].map(([name, { nr }]) => [name, nr]);

  it('are counted, also in two halves, and are no records', () => {
    const reading = read([FIRST, at('futex(0x1, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>'), at('getpid() = 9', 8),
      at('read(3</a>, "x, )\\"", 9) = 4', 8), at('<... futex resumed>) = -1 EAGAIN (Again)'),
      at('futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 0 <0.000012>')]);
    expect([...reading.counted]).toEqual([['futex', { nr: 2, line: 2 }], ['read', { nr: 1, line: 4 }]]);
    // The first line of each process is a record, whatever it is.
    expect(reading.records.map((record) => ('name' in record ? record.name : record.kind))).toEqual(['execve',
      'getpid']);
    expect(reading.unread).toEqual([]);
  });
  it('are records from the open for direct I/O on, if they read or write', () => {
    const direct = at('openat(AT_FDCWD, "/a", O_RDWR|O_DIRECT) = 3');
    expect(counted(at('read(3, "x", 1) = 1'))).toEqual([['read', 1]]);
    expect(counted(direct, at('read(3, "x", 1) = 1'))).toEqual([]);
    expect(counted(at('read(5</dev/infiniband/uverbs0>, "x", 1) = 1'))).toEqual([]);
  });
  it('hide no second line that became one with them', () => {
    const register = '7 1000000000.000002 io_uring_register(3, IORING_REGISTER_BUFFERS, [], 0) = 0';
    const { unread } = read([FIRST, `${at('futex(0x1, FUTEX_WAKE, 1) = 1')}${register}`,
      at('futex(0x1 <unfinished ...>'), `${at('<... futex resumed>) = 0')}${register}`]);
    expect(unread.map(({ line }) => line)).toEqual([2, 4]);
  });
  it('cost a list no more memory the more there are that do not read', () => {
    const { unread, unreadNr } = read([FIRST, ...Array.from({ length: 1500 }, () => 'nonsense')], {}, 1 << 16);
    expect([unread.length, unreadNr]).toEqual([1000, 1500]);
  });
});

describe('who listens to a recording', () => {
  it('is told of calls as they become whole, of those that never do, and of the number of the first process', () => {
    const heard: string[] = [];
    const sink: RecordSink = {
      record: (record) => heard.push(`${record.pid} ${'name' in record ? record.name : record.kind}`),
      begun: (line, name) => heard.push(`begun ${line} ${name}`),
      named: (pid) => heard.push(`named ${pid}`),
    };
    const { records } = read(['brk(NULL) = 0x1', 'fork() = 9', '[pid 8] munmap(0x1000, 1 <unfinished ...>',
      '[pid 9] +++ exited with 0 +++', '<... munmap resumed>) = 0', 'close(3 <unfinished ...>'], { sink });
    expect(heard).toEqual(['0 brk', '0 fork', 'begun 3 munmap', 'named 8', '9 exited', '8 munmap', 'begun 6 close',
      '8 close']);
    expect(records).toEqual([]);
  });
});

describe('a recording from a terminal', () => {
  it('knows the child of a vfork() that has not returned from the first process, whose number shows later', () => {
    const { records } = read(['execve("./a", ["a"], 0x1) = 0', 'vfork(strace: Process 12 attached', ' <unfinished ...>',
      '[pid 12] brk(NULL) = 0x1', '[pid 11] <... vfork resumed>) = 12', '[pid 11] wait4(-1, NULL, 0, NULL) = 12']);
    expect(records.map(({ pid, line }) => `${line}: ${pid}`)).toEqual(['1: 11', '2: 11', '4: 12']);
  });
  const lost = (...between: string[]): number[] =>
    read(['brk(NULL) = 0x1', ...between, 'brk(NULL) = 0x2']).unread.map(({ line }) => line);

  it('may hold what the program prints', () => {
    expect(lost('hello, world', 'done', 'forty things')).toEqual([]);
  });
  it('does not pass over what may be left of a call', () => {
    expect(lost('')).toEqual([2]);
    expect(lost('io_uring_regi')).toEqual([2]);
    expect(lost('= 0')).toEqual([2]);
    expect(lost('[pi')).toEqual([2]);
  });
  it('may begin and end with empty lines', () => {
    expect(read(['', 'brk(NULL) = 0x1', 'brk(NULL) = 0x2', '', '']).unread).toEqual([]);
  });
});
