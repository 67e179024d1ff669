import { describe, expect, it } from '@jest/globals';
import { parseStrace } from '../strace/strace.ts';
import { interpret } from './syscalls.ts';
import type { MemoryCall } from './memory-call.ts';

/** Lines of `PID rest`; the nth line happens at microsecond n. */
const calls = (...lines: string[]): MemoryCall[] => {
  const text = lines.map((line, index) => line.replace(/^(\d+) /, `$1 1000000000.00000${index + 1} `) + '\n').join('');
  return interpret(parseStrace(text, 'rec'), 'rec');
};
const one = (line: string): MemoryCall => calls(`7 ${line}`)[0];

describe('a call that shapes an mm', () => {
  it('maps memory', () => {
    expect(
      one('mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_STACK, -1, 0) = 0x7000'),
    ).toMatchObject({
      type: 'mmap',
      pid: 7,
      line: 1,
      address: null,
      lengthBytes: 8192,
      prot: { read: true, write: true, exec: false },
      flags: {
        shared: false,
        private: true,
        anonymous: true,
        fixed: false,
        noreserve: true,
        stack: true,
        populate: false,
      },
      fd: null,
      offset: 0,
      ret: 0x7000,
      errno: null,
      returned: true,
    });
  });
  it('maps a file at a fixed place', () => {
    expect(one('mmap(0x5000, 4096, PROT_NONE, MAP_SHARED|MAP_FIXED, 3</a>, 0x2000) = 0x5000')).toMatchObject({
      address: 0x5000,
      prot: { read: false, write: false, exec: false },
      flags: { shared: true, fixed: true, names: ['MAP_SHARED', 'MAP_FIXED'] },
      fd: { fd: 3, path: '/a' },
      offset: 0x2000,
    });
  });
  it('unmaps, moves, protects and advises', () => {
    expect(one('munmap(0x1000, 4096) = 0')).toMatchObject({ type: 'munmap', address: 0x1000, lengthBytes: 4096 });
    expect(one('mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE) = 0x3000')).toMatchObject({
      type: 'mremap',
      oldAddress: 0x1000,
      oldLengthBytes: 4096,
      newLengthBytes: 8192,
      mayMove: true,
      fixed: false,
      newAddress: null,
      ret: 0x3000,
    });
    expect(one('mremap(0x1000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x9000) = 0x9000')).toMatchObject({
      fixed: true,
      newAddress: 0x9000,
    });
    expect(one('mprotect(0x1000, 4096, PROT_READ) = 0')).toMatchObject({
      type: 'mprotect',
      prot: { read: true, write: false },
    });
    expect(one('madvise(0x1000, 4096, MADV_DONTFORK) = 0')).toMatchObject({ type: 'madvise', advice: 'MADV_DONTFORK' });
    expect(one('brk(NULL) = 0x8000')).toMatchObject({ type: 'brk', address: null, ret: 0x8000 });
  });
  it('forks, with and without an mm of its own', () => {
    const clone = (line: string) => one(line) as Extract<MemoryCall, { type: 'clone' }>;
    expect(clone('clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x1) = 8')).toMatchObject({
      syscall: 'clone',
      flags: ['CLONE_CHILD_SETTID', 'SIGCHLD'],
      cloneVm: false,
      vfork: false,
      thread: false,
      child: 8,
    });
    expect(clone('clone3({flags=CLONE_VM|CLONE_THREAD, tls=0x1} => {parent_tid=[9]}, 88) = 9')).toMatchObject({
      syscall: 'clone3',
      cloneVm: true,
      thread: true,
      child: 9,
    });
    expect(clone('fork() = 8')).toMatchObject({ syscall: 'fork', cloneVm: false, child: 8 });
    expect(clone('vfork() = 8')).toMatchObject({ syscall: 'vfork', cloneVm: true, vfork: true, child: 8 });
    expect(clone('fork() = -1 EAGAIN (x)')).toMatchObject({ child: null, errno: 'EAGAIN' });
  });
  it('starts a program or fails to', () => {
    expect(one('execve("/bin/true", ["true"], 0x7 /* 3 vars */) = 0')).toMatchObject({
      type: 'execve',
      path: '/bin/true',
      ok: true,
    });
    expect(one('execve("/bin/no", ["no"], 0x7) = -1 ENOENT (x)')).toMatchObject({
      path: '/bin/no',
      ok: false,
      errno: 'ENOENT',
    });
    expect(one('execveat(3</bin>, "true", [], NULL, 0) = 0')).toMatchObject({ path: 'true', ok: true });
  });
  it('ends a thread or a process', () => {
    expect(
      calls('7 exit_group(3) = ?', '8 exit(0) = ?', '7 +++ exited with 3 +++', '8 +++ killed by SIGKILL +++'),
    ).toMatchObject([
      { type: 'exit', code: 3, group: true, returned: false },
      { type: 'exit', code: 0, group: false },
      { type: 'exited', code: 3 },
      { type: 'killed', signal: 'SIGKILL' },
    ]);
  });
  it('pins buffers for io_uring and lets them go', () => {
    expect(
      one('io_uring_setup(8, {flags=IORING_SETUP_CQSIZE|0x3000, sq_entries=8}) = 3<anon_inode:[io_uring]>'),
    ).toMatchObject({ type: 'ioUringSetup', fd: 3,
      setup: ['IORING_SETUP_CQSIZE', 'IORING_SETUP_SINGLE_ISSUER', 'IORING_SETUP_DEFER_TASKRUN'] });
    const iovecs = [
      { base: 0x1040, lengthBytes: 100 },
      { base: 0x9000, lengthBytes: 4096 },
    ];
    const text = '[{iov_base=0x1040, iov_len=100}, {iov_base=0x9000, iov_len=4096}]';
    expect(one(`io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, ${text}, 2) = 0`)).toMatchObject({
      type: 'ioUringRegisterBuffers',
      fd: 3,
      iovecs,
      slot: 0,
      update: false,
    });
    expect(
      one(`io_uring_register(3, IORING_REGISTER_BUFFERS2, {nr=2, flags=0, data=${text}, tags=NULL}, 32) = 0`),
    ).toMatchObject({ type: 'ioUringRegisterBuffers', iovecs });
    expect(
      one(
        'io_uring_register(3, IORING_REGISTER_BUFFERS2, {nr=9, flags=IORING_RSRC_REGISTER_SPARSE, data=NULL}, 32) = 0',
      ),
    ).toMatchObject({ iovecs: [] });
    expect(
      one(`io_uring_register(3, IORING_REGISTER_BUFFERS_UPDATE, {offset=4, data=${text}, nr=2}, 32) = 2`),
    ).toMatchObject({ iovecs, slot: 4, update: true });
    expect(one('io_uring_register(3, IORING_UNREGISTER_BUFFERS, NULL, 0) = 0')).toMatchObject({
      type: 'ioUringUnregisterBuffers',
      fd: 3,
    });
  });
  it('is refused when strace left out pinned buffers', () => {
    expect(() => one('io_uring_register(3, IORING_REGISTER_BUFFERS, [{iov_base=0x1, iov_len=1}, ...], 40) = 0'))
      .toThrow(
        'rec:1: io_uring_register: 40 buffers are registered and 1 shown; record with strace -v, which abbreviates nothing',
      );
  });
  it('splices, shares and closes', () => {
    expect(one('vmsplice(4<pipe:[1]>, [{iov_base="ab", iov_len=2}], 1, SPLICE_F_GIFT) = 2')).toMatchObject({
      type: 'vmsplice',
      fd: 4,
      iovecs: [{ base: null, lengthBytes: 2 }],
      gift: true,
    });
    expect(one('memfd_create("m", MFD_CLOEXEC) = 5</memfd:m>')).toMatchObject({
      type: 'memfdCreate',
      name: 'm',
      flags: ['MFD_CLOEXEC'],
      fd: 5,
    });
    expect(one('shmat(1, NULL, SHM_RDONLY) = 0x7000')).toMatchObject({
      type: 'shmat',
      shmid: 1,
      address: null,
      flags: ['SHM_RDONLY'],
      ret: 0x7000,
    });
    expect(one('shmdt(0x7000) = 0')).toMatchObject({ type: 'shmdt', address: 0x7000 });
    expect(one('close(3</a>) = 0')).toMatchObject({ type: 'close', fd: 3 });
    expect(one('userfaultfd(0) = 3')).toMatchObject({ type: 'other', name: 'userfaultfd' });
  });
  it('is refused when it succeeded but does not read', () => {
    expect(() => one('munmap("a", 4096) = 0')).toThrow(/^rec:1: munmap: argument 0 is not a number; record with/);
    expect(() => one('clone3(0x7ff, 88) = 9')).toThrow(/^rec:1: clone3: its structure shows no flags; /);
    expect(() => one('mmap(NULL) = 0x1')).toThrow(/^rec:1: mmap: argument \d is missing; /);
  });
  it('is of no kind when it failed and does not read', () => {
    expect(one('clone3(NULL, 88) = -1 EINVAL (x)')).toMatchObject({ type: 'other', name: 'clone3', errno: 'EINVAL' });
    expect(one('mmap(NULL <unfinished ...>')).toMatchObject({ type: 'other', name: 'mmap', returned: false });
  });
});

describe('the order of calls', () => {
  const order = (...lines: string[]) =>
    calls(...lines).map((call) => [call.pid, call.type, call.atLine, call.atMicros - 1e15]);

  it('puts a vfork before its child, and the execve before the parent goes on', () => {
    expect(
      order(
        '7 vfork( <unfinished ...>',
        '8 execve("/a", [], NULL <unfinished ...>',
        '7 <... vfork resumed>) = 8',
        '7 munmap(0x1000, 4096) = 0',
        '8 <... execve resumed>) = 0',
      ),
    ).toEqual([
      [7, 'clone', 1, 1],
      [8, 'execve', 2, 2],
      [7, 'munmap', 4, 4],
    ]);
  });
  it('takes a range away before another thread is given it', () => {
    expect(
      order(
        '7 munmap(0x1000, 4096 <unfinished ...>',
        '8 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>',
        '8 <... mmap resumed>) = 0x1000',
        '7 <... munmap resumed>) = 0',
      ),
    ).toEqual([
      [7, 'munmap', 1, 1],
      [8, 'mmap', 3, 3],
    ]);
  });
  it('gives memory only when the call returns', () => {
    expect(
      order(
        '8 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>',
        '7 munmap(0x1000, 4096) = 0',
        '8 <... mmap resumed>) = 0x1000',
      ),
    ).toEqual([
      [7, 'munmap', 2, 2],
      [8, 'mmap', 3, 3],
    ]);
  });
});
