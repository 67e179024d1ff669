/** Calls that the three recordings have too few of, in recordings made up line by line. */
import { describe, expect, it } from '@jest/globals';
import { stackPolicies } from '@cowlab/core';
import { Lab } from '@cowlab/runtime';
import { planReplay } from './plan-replay.ts';
import { runPlan } from '../replay/run-plan.ts';
import { TraceError } from '../trace-error.ts';

const plan = (...lines: string[]) =>
  planReplay({ name: 'made-up', strace: lines.map((line, i) =>
    `${line.replace(' ', ` 1000000000.${String(100000 + i)} `)}\n`
  ).join('') });
const ran = (...lines: string[]) => {
  const planned = plan('1 execve("/bin/p", ["p"], 0x1 /* 0 vars */) = 0', ...lines);
  const lab = new Lab({ policy: stackPolicies([]) });
  return { planned, lab, ...runPlan(planned, lab) };
};
const commandsOf = (...lines: string[]) =>
  ran(...lines).planned.items.slice(1).map(({ commands }) => commands.map(({ type }) => type).join('+'));

const MAP = '1 mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10000';
const RING = '1 io_uring_setup(8, {flags=0}) = 3';
const REGISTER = '1 io_uring_register(3, IORING_REGISTER_BUFFERS, [{iov_base=0x10040, iov_len=8192}], 1) = 0';
const FORK = '1 clone(child_stack=NULL, flags=SIGCHLD) = 2';
const exited = (pid: number): string => `${pid} +++ exited with 0 +++`;

describe('a planned call', () => {
  it('maps, moves, grows, protects and unmaps at the recorded addresses', () => {
    const { mismatches } = ran(
      MAP,
      '1 mremap(0x10000, 16384, 32768, MREMAP_MAYMOVE) = 0x80000',
      '1 mremap(0x80000, 32768, 40960, MREMAP_MAYMOVE) = 0x80000',
      '1 mprotect(0x80000, 4096, PROT_READ) = 0',
      '1 madvise(0x80000, 8192, MADV_DONTNEED) = 0',
      '1 brk(NULL) = 0x200000',
      '1 brk(0x210000) = 0x210000',
      '1 brk(0x204000) = 0x204000',
      '1 munmap(0x80000, 40960) = 0',
    );
    expect(mismatches).toEqual([]);
  });

  it('faults in what MAP_POPULATE does, which no sample shows', () => {
    expect(
      commandsOf('1 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE, -1, 0) = 0x10000'),
    ).toEqual(['Execve', 'Mmap+Store']);
  });

  it("that takes over another ring's buffers pins them again, also when the first ring is closed", () => {
    const { planned, mismatches } = ran(
      MAP,
      RING,
      REGISTER,
      '1 io_uring_setup(8, {flags=0}) = 4',
      '1 io_uring_register(4, 0x1e /* IORING_REGISTER_??? */, 0x7ffe, 1) = 0',
      '1 close(3) = 0',
      FORK,
    );
    expect(mismatches).toEqual([]);
    expect(planned.items.flatMap(({ commands }) => commands.map(({ type }) => type))).toEqual(['Spawn', 'Execve',
      'Mmap', 'Pin', 'Pin', 'Unpin', 'Fork']);
    expect(planned.registrations.map(({ fd, base }) => [fd, base])).toEqual([[3, 0x10040], [4, 0x10040]]);
  });

  it('of an unknown advice is passed over with a note', () => {
    const { planned } = ran(MAP, '1 madvise(0x10000, 4096, MADV_DONTDUMP) = 0');
    expect(planned.notes).toEqual([{ source: { file: 'made-up.strace', line: 3 },
      what: 'madvise(MADV_DONTDUMP) is not modelled: passed over' }]);
  });

  it("ends the other threads at execve(), and goes on under the leader's pid", () => {
    const { planned, mismatches } = ran(
      '1 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, exit_signal=0, stack=0x1000, stack_size=0x1000}, 88) = 2',
      '2 execve("/bin/q", ["q"], 0x1 /* 0 vars */ <unfinished ...>',
      '1 +++ superseded by execve in pid 2 +++',
      '1 <... execve resumed>) = 0',
      '1 brk(NULL) = 0x5000',
      exited(1),
    );
    expect(mismatches).toEqual([]);
    expect(planned.items.slice(2).map(({ commands }) => commands.map((c) => `${c.type} ${'task' in c ? c.task : ''}`)))
      .toEqual([
        ['CloneVm 0'],
        ['Exit 1', 'Execve 0'],
        ['Brk 0'],
        ['Exit 0'],
      ]);
  });

  it.each([
    ['1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fffffffffff000',
      'mmap cannot have succeeded with a range outside'],
    ['1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10001',
      'mmap cannot have succeeded with an address that is not page aligned'],
    [REGISTER.replace('8192', '81920000000'),
      'ioUringRegisterBuffers cannot have succeeded with a buffer of that length'],
  ])('that no kernel can have answered is refused: %s', (line, what) => {
    expect(() => plan(line)).toThrow(TraceError);
    expect(() => plan(line)).toThrow(`made-up.strace:1: ${what}`);
  });
});

describe('registered buffers', () => {
  it('are one whole long-term pin for every page that the bytes touch', () => {
    const { planned, lab } = ran(MAP, RING, REGISTER);
    expect(planned.registrations).toMatchObject([{ pin: 1, fd: 3, slot: 0, vpn: 0x10, nrPages: 3, base: 0x10040,
      lengthBytes: 8192 }]);
    expect(lab.log.filter(({ command }) => command.type === 'Pin').map(({ result }) => result)).toEqual([{ ok: true,
      value: 3 }]);
  });

  it('live until the last process that inherited the ring is gone', () => {
    const end = commandsOf(MAP, RING, REGISTER, FORK, exited(1), exited(2));
    expect(end.slice(-3)).toEqual(['Fork', 'Exit', 'Exit+Unpin']);
  });

  it('are given back by unregistering, by close() and by execve()', () => {
    for (const call of [
      '1 io_uring_register(3, IORING_UNREGISTER_BUFFERS, NULL, 0) = 0',
      '1 close(3) = 0',
      '1 execve("/bin/q", ["q"], 0x1 /* 0 vars */) = 0',
    ]) {
      const [last, end] = commandsOf(MAP, RING, REGISTER, call, exited(1)).slice(-2);
      expect([last.includes('Unpin'), end]).toEqual([true, 'Exit']);
    }
  });

  it('are exchanged slot by slot', () => {
    const update = '1 io_uring_register(3, IORING_REGISTER_BUFFERS_UPDATE, {offset=0, tags=NULL, nr=1, '
      + 'data=[{iov_base=0x12000, iov_len=4096}]}, 1) = 1';
    expect(commandsOf(MAP, RING, REGISTER, update).at(-1)).toBe('Unpin+Pin');
  });

  it('of a thread stay while another thread shares the table', () => {
    const thread =
      '1 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, exit_signal=0, stack=0x1000, stack_size=0x1000}, 88) = 2';
    expect(commandsOf(MAP, RING, thread, REGISTER, exited(2), exited(1)).slice(-2)).toEqual(['Exit', 'Exit+Unpin']);
  });

  it('of vmsplice() are references without a pin, held until the pipe closes', () => {
    const { planned } = ran(MAP, '1 vmsplice(5, [{iov_base=0x10000, iov_len=4096}], 1, 0) = 4096', '1 close(5) = 0');
    expect(planned.items.slice(-2).flatMap(({ commands }) => commands)).toMatchObject([{ type: 'Pin', nr: 1, flags: 2,
      device: 0 }, { type: 'Unpin' }]);
  });
});
