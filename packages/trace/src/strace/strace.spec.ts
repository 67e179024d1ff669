import { describe, expect, it } from '@jest/globals';
import type { StraceRecord, SyscallRecord } from './strace-record.ts';
import { parseStrace, readStrace } from './strace.ts';
import type { Value } from './strace-value.ts';
import { TraceError } from '../trace-error.ts';

const parse = (...lines: string[]): StraceRecord[] => parseStrace(lines.map((line) => `${line}\n`).join(''), 'rec');
const at = (rest: string, pid = 7, micros = 0): string =>
  `${pid} 1000000000.${String(micros).padStart(6, '0')} ${rest}`;
const call = (...lines: string[]): SyscallRecord => parse(...lines)[0] as SyscallRecord;
const value = (text: string): Value => call(at(`x(${text}) = 0`)).args[0].value;
/** What is said of the first line that does not read. */
const unread = (...lines: string[]): string => {
  const reading = readStrace(lines.map((line) => `${line}\n`).join(''), 'rec');
  const [first] = reading.unread;
  return first === undefined ? 'all read' : `${first.line}: ${first.what}; ${first.mend}`;
};

describe('the head of a line', () => {
  const read = (line: string) => parse(line).map(({ pid, startMicros }) => [pid, startMicros])[0];

  it('keeps microseconds exactly', () => {
    expect(read('12468 1795342141.592670 brk(NULL) = 0x1')).toEqual([12468, 1795342141592670]);
  });
  it('names the process with or without brackets, or not at all', () => {
    expect(read('[pid   42] 1000000000.000001 brk(NULL) = 0x1')).toEqual([42, 1e15 + 1]);
    expect(read('42    1000000000.000001 brk(NULL) = 0x1')).toEqual([42, 1e15 + 1]);
    expect(read('1000000000.000001 brk(NULL) = 0x1')).toEqual([0, 1e15 + 1]);
  });
  it('counts the time of day on across midnight', () => {
    const records = parse(
      '23:59:59.999999 brk(NULL) = 0x1',
      '00:00:00.000001 brk(NULL) = 0x1',
      '00:00:01.000000 brk(NULL) = 0x1',
    );
    expect(records.map((record) => record.startMicros)).toEqual([86399999999, 86400000001, 86401000000]);
  });
  it('belongs to the only process that lives where it names none', () => {
    const records = parse('fork() = 9', '[pid 8] brk(NULL) = 0x1', '[pid 9] +++ exited with 0 +++', 'brk(NULL) = 0x2');
    expect(records.map(({ pid }) => pid)).toEqual([8, 8, 9, 8]);
  });
  it('may show no time, whole seconds, the time since the line before, or two of them', () => {
    expect(read('12 brk(NULL) = 0x1')).toEqual([12, 1]);
    expect(read('12 00:00:02 brk(NULL) = 0x1')).toEqual([12, 2e6]);
    expect(parse('12      0.000000 brk(NULL) = 0x1', '12      0.000123 brk(NULL) = 0x1')[1]).toMatchObject({
      startMicros: 123,
    });
    expect(read('12 1000000000.000001 (+     0.000000) brk(NULL) = 0x1')).toEqual([12, 1e15 + 1]);
  });
  it('may show the number of the call, the instruction and the name of the process', () => {
    expect(read('[pid    12<a b>] 1000000000.000001 [  59] [00007f3c5a5b3c4e] brk(NULL) = 0x1')).toEqual([12,
      1e15 + 1]);
    expect(read('12<reg> 1000000000.000001 [????????????????] brk(NULL) = 0x1')).toEqual([12, 1e15 + 1]);
  });
  it('may announce an attached process and end in CR LF', () => {
    expect(parse('strace: Process 9 attached', at('brk(NULL) = 0x1\r'))).toHaveLength(1);
  });
});

describe('an argument', () => {
  it('is a number in three bases', () => {
    expect(value('37847')).toEqual({ kind: 'int', value: 37847 });
    expect(value('0x7fb06e01f000')).toEqual({ kind: 'int', value: 0x7fb06e01f000 });
    expect(value('0644')).toEqual({ kind: 'int', value: 0o644 });
    expect(value('-1')).toEqual({ kind: 'int', value: -1 });
    expect(value('18446744073709551615')).toEqual({ kind: 'int', value: 2 ** 64 });
  });
  it('is NULL', () => expect(value('NULL')).toEqual({ kind: 'null' }));
  it('is a set of flags, also of one and with bits that have no name', () => {
    expect(value('PROT_READ|PROT_WRITE')).toEqual({ kind: 'flags', names: ['PROT_READ', 'PROT_WRITE'] });
    expect(value('MADV_FREE')).toEqual({ kind: 'flags', names: ['MADV_FREE'] });
    expect(value('A|0x3000|21<<MAP_HUGE_SHIFT')).toEqual({
      kind: 'flags',
      names: ['A', '0x3000', '21<<MAP_HUGE_SHIFT'],
    });
  });
  it('is a string with escapes, perhaps cut', () => {
    expect(value('"a\\"b\\n\\1\\x41, (["')).toEqual({ kind: 'string', text: 'a"b\n\x01A, ([', cut: false });
    expect(value('"abc"...')).toEqual({ kind: 'string', text: 'abc', cut: true });
  });
  it('is a descriptor with what it stands for', () => {
    expect(value('3</etc/ld.so.cache>')).toEqual({ kind: 'fd', fd: 3, path: '/etc/ld.so.cache' });
    expect(value('7<anon_inode:[io_uring]>')).toEqual({ kind: 'fd', fd: 7, path: 'anon_inode:[io_uring]' });
    expect(value('0</dev/null<char 1:3>>')).toEqual({ kind: 'fd', fd: 0, path: '/dev/null<char 1:3>' });
    expect(value('5<TCP:[127.0.0.1:80->127.0.0.1:9]>')).toEqual({
      kind: 'fd',
      fd: 5,
      path: 'TCP:[127.0.0.1:80->127.0.0.1:9]',
    });
    expect(value('3</tmp/a\\76b>(deleted)')).toEqual({ kind: 'fd', fd: 3, path: '/tmp/a>b' });
    expect(value('AT_FDCWD</srv>')).toEqual({ kind: 'fd', fd: -100, path: '/srv' });
  });
  it('is a structure or an array, nested', () => {
    expect(value('[{iov_base=0x10, iov_len=5}, ...]')).toEqual({
      kind: 'array',
      items: [
        {
          kind: 'struct',
          fields: [
            { name: 'iov_base', value: { kind: 'int', value: 16 } },
            { name: 'iov_len', value: { kind: 'int', value: 5 } },
          ],
        },
        { kind: 'other', text: '...' },
      ],
    });
    expect(value('[]')).toEqual({ kind: 'array', items: [] });
  });
  it('shows what the kernel wrote behind an arrow', () => {
    expect(value('{tls=0x1} => {parent_tid=[123]}')).toEqual({
      kind: 'changed',
      before: { kind: 'struct', fields: [{ name: 'tls', value: { kind: 'int', value: 1 } }] },
      after: {
        kind: 'struct',
        fields: [{ name: 'parent_tid', value: { kind: 'array', items: [{ kind: 'int', value: 123 }] } }],
      },
    });
  });
  it('may carry a comment', () => {
    expect(value('0x7ffd /* 38 vars */')).toEqual({ kind: 'int', value: 0x7ffd });
    expect(value('62 /* OP_??? ), */')).toEqual({ kind: 'int', value: 62 });
  });
  it('may have a name', () => {
    expect(call(at('clone(child_stack=NULL, flags=SIGCHLD) = 8')).args.map((argument) => argument.name)).toEqual([
      'child_stack',
      'flags',
    ]);
  });
  it('is kept as text when it is none of these', () => {
    for (const text of ['makedev(0x1, 0x3)', '~[RTMIN RT_1]', '@"/tmp/x"', '4096*2', '???', '{a} b']) {
      expect(value(text)).toEqual({ kind: 'other', text });
    }
    expect(value('[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]')).toMatchObject({
      items: [{ fields: [{ name: null, value: { text: 'WIFEXITED(s) && WEXITSTATUS(s) == 0' } }] }],
    });
  });
  it('does not read when a bracket, string or descriptor does not close, or when it is missing', () => {
    for (const text of ['[1', '{a=1', '"a', '3</etc', '(', '1,,2', 'a=', '/* x', '1]', '{1)']) {
      expect([text, unread(at(`x(${text}) = 0`))]).toEqual([text, expect.stringMatching(/^1: /)]);
    }
  });
  it('does not read when it nests without end', () => {
    expect(unread(at(`x(${'['.repeat(40)}${']'.repeat(40)}) = 0`))).toMatch(/nest deeper than 32/);
  });
});

describe('a result', () => {
  const result = (text: string) => {
    const { ret, retPath, errno, endMicros } = call(at(`x()${text}`));
    return [ret, retPath, errno, endMicros];
  };

  it('is a number, an address, a descriptor or unknown', () => {
    expect(result('   = 0')).toEqual([0, null, null, null]);
    expect(result(' = 0x7fb06e01f000')).toEqual([0x7fb06e01f000, null, null, null]);
    expect(result(' = 3<anon_inode:[io_uring]>')).toEqual([3, 'anon_inode:[io_uring]', null, null]);
    expect(result(' = ?')).toEqual([null, null, null, null]);
  });
  it('has an errno when the call failed', () => {
    expect(result(' = -1 ENOENT (No such file or directory)')).toEqual([-1, null, 'ENOENT', null]);
    expect(result(' = ? ERESTARTSYS (To be restarted if SA_RESTART is set)')).toEqual([
      null,
      null,
      'ERESTARTSYS',
      null,
    ]);
  });
  it('may have a remark and, with -T, a duration', () => {
    expect(result(' = 0 (Timeout) <0.000012>')).toEqual([0, null, null, 1e15 + 12]);
    expect(result(' = 3</a> <1.5>')).toEqual([3, '/a', null, 1e15 + 1.5e6]);
  });
  it("is a pid of strace's own namespace where that differs", () => {
    expect(result(" = 5 /* 4242 in strace's PID NS */")).toEqual([4242, null, null, null]);
  });
  it('does not read when it is missing or followed by something else', () => {
    for (const text of ['', ' =', ' = x', ' = 0 nonsense', ' = 0)', ' = 3</a']) {
      expect([text, unread(at(`x()${text}`))]).toEqual([
        text,
        expect.stringMatching(/^1: .*; give the recording whole/),
      ]);
    }
  });
});

describe('a call in two halves', () => {
  it('is one record with both places', () => {
    const records = parse(
      at('clone3({flags=CLONE_VM|CLONE_VFORK}, 88 <unfinished ...>', 7, 1),
      at('brk(NULL) = 0x1', 8, 2),
      at('<... clone3 resumed> => {parent_tid=[8]}, 88) = 8', 7, 3),
    );
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      name: 'clone3',
      line: 1,
      endLine: 3,
      startMicros: 1e15 + 1,
      endMicros: 1e15 + 3,
      ret: 8,
      unfinished: false,
    });
  });
  it('takes the arguments of both', () => {
    const record = call(at('wait4(12,  <unfinished ...>'), at('<... wait4 resumed>NULL, 0, NULL) = 12'));
    expect(record.args.map((argument) => argument.value.kind)).toEqual(['int', 'null', 'int', 'null']);
  });
  it('stays unfinished when the recording or the process ends first', () => {
    expect(call(at('wait4(12,  <unfinished ...>'))).toMatchObject({ ret: null, unfinished: true, endMicros: null });
    const [first, , third] = parse(
      at('exit_group(0 <unfinished ...>'),
      at('+++ exited with 0 +++'),
      at('brk(NULL) = 0x1'),
    );
    expect(first).toMatchObject({ unfinished: true, args: [{ value: { value: 0 } }] });
    expect(third).toMatchObject({ name: 'brk', unfinished: false });
  });
  it('stays unfinished when strace itself closes it', () => {
    const [first, second] = parse(at('read(3,  <unfinished ...>) = ?'), at('<detached ...>').replace('<', 'x(<'));
    expect(first).toMatchObject({ unfinished: true, ret: null });
    expect(second).toMatchObject({ unfinished: true, ret: null });
    expect(call(at('read(3 <unfinished ...>'), at('<... read resumed> <unfinished ...>) = ?'))).toMatchObject({
      unfinished: true,
      endLine: 2,
    });
  });
  it('goes on under the leader when a thread calls execve', () => {
    const records = parse(
      at('wait4(-1,  <unfinished ...>', 7),
      at('execve("/a", [], NULL <unfinished ...>', 8),
      at('+++ superseded by execve in pid 8 +++', 7),
      at('<... execve resumed>) = 0', 7),
    );
    expect(records).toMatchObject([
      { name: 'wait4', unfinished: true },
      { name: 'execve', pid: 7, line: 2, endLine: 4, ret: 0 },
      { kind: 'superseded', pid: 7, by: 8 },
    ]);
  });
  it('does not read without its first half or with another name, and is named when a half is lost', () => {
    expect(unread(at('<... brk resumed>) = 0x1'))).toMatch(
      /^1: pid 7 resumes a brk that it never started .*; give the recording from its start$/,
    );
    expect(unread(at('brk(NULL <unfinished ...>'), at('<... mmap resumed>) = 0x1'))).toMatch(
      /^2: pid 7 resumes a mmap while its brk of line 1 is open/,
    );
    expect(unread(at('brk(NULL <unfinished ...>'), at('brk(NULL) = 0x1'))).toMatch(
      /^1: pid 7 starts a call in line 2 while its brk is open: lines are missing/,
    );
  });
});

describe('what is no call', () => {
  it('is a signal with its siginfo, or a stop', () => {
    expect(
      parse(at('--- SIGUSR1 {si_signo=SIGUSR1, si_utime=1 /* 0.01 s */} ---'), at('--- stopped by SIGSTOP ---')),
    ).toMatchObject([
      { kind: 'signal', signal: 'SIGUSR1', info: { kind: 'struct' } },
      { kind: 'signal', signal: 'SIGSTOP', info: null },
    ]);
  });
  it('is the end of a process', () => {
    expect(
      parse(
        at('+++ exited with 255 +++'),
        at('+++ killed by SIGSEGV (core dumped) +++'),
        at('+++ killed by SIGKILL +++'),
      ),
    ).toMatchObject([
      { kind: 'exited', code: 255 },
      { kind: 'killed', signal: 'SIGSEGV', coreDumped: true },
      { kind: 'killed', signal: 'SIGKILL', coreDumped: false },
    ]);
  });
  it('does not read otherwise, and says so where a pid or the words of strace stand', () => {
    for (const text of ['garbage', '+++ gone +++', '--- SIG ---', '--- SIGX {a=1} {b=2} ---', '<... resumed', '= 0']) {
      expect([text, unread(at(text))]).toEqual([
        text,
        expect.stringMatching(/^1: .*; give the recording whole and unedited$/),
      ]);
    }
  });
});

describe('what stands between the lines', () => {
  const text = (...lines: string[]) => readStrace(lines.map((line) => `${line}\n`).join(''), 'rec');

  it("is the program's own output, inside of a call too", () => {
    const reading = text('brk(NULL) = 0x1', 'hello', 'write(1, "a\\nb\\n", 4a', 'b', ')   = 4', 'brk(NULL) = 0x2');
    expect(reading.records).toMatchObject([{ name: 'brk' }, { name: 'write', ret: 4, line: 3 }, { name: 'brk' }]);
    expect(reading).toMatchObject({ unread: [], passedOver: { output: 2 } });
  });
  it('is a stack, a summary, or a remark that cuts a line in two', () => {
    const reading = text('fork(strace: Process 9 attached', ') = 9', ' > /lib/libc.so.6(fork+0x1) [0x2]',
      '% time     seconds  usecs/call     calls    errors syscall',
      '------ ----------- ----------- --------- ---------', '100.00    0.000000           0         1           fork');
    expect(reading.records).toMatchObject([{ name: 'fork', ret: 9 }]);
    expect(reading).toMatchObject({ unread: [], passedOver: { stack: 1, remarks: 4 }, attached: [] });
  });
  it('names the processes that strace attached to', () => {
    expect(text('strace: Process 9 attached', '[pid 9] brk(NULL) = 0x1').attached).toEqual([9]);
  });
  it('is a tear if the last line stops in the middle, and all before it is read', () => {
    const reading = readStrace(`${at('brk(NULL) = 0x1')}\n${at('io_uring_register(3, IORING_REG')}`, 'rec');
    expect(reading.records).toHaveLength(1);
    expect(reading.torn).toMatchObject({ line: 2, call: 'io_uring_register', pid: 7 });
    expect(readStrace(at('+++ exited with 0 +++'), 'rec')).toMatchObject({ torn: null, records: [{ kind: 'exited' }] });
  });
});

describe('a remark', () => {
  it('knows its place and how to mend it', () => {
    const reading = readStrace(`${at('brk(NULL) = 0x1')}\n${at('brk("a) = 0x1')}\n`, 'rec');
    expect(reading.unread).toMatchObject([{ line: 2, column: 25, call: 'brk',
      mend: 'give the recording whole and unedited' }]);
  });
  it('is one line even if the recording and its name are not', () => {
    expect(new TraceError({ file: 'a\nb', line: 1, what: 'c\u2028d', mend: 'e' }).message).toBe('a b:1: c d; e');
  });
});
