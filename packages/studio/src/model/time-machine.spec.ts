import { describe, expect, it } from '@jest/globals';
import { type LogEntry, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  X86_64 } from '@cowlab/core';
import { Lab, TimeTravel } from '@cowlab/runtime';
import { TimeMachine } from './time-machine.ts';

/** A parent that forks, writes and waits, again and again. */
function longLog(pages: number, rounds: number): readonly LogEntry[] {
  const policy = stackPolicies([{ id: 'naive',
    hooks: { onWriteFault: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy') } }]);
  const lab = new Lab({ policy });
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'Mmap', task: 0, addr: 512 * PAGE_SIZE, length: pages * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  lab.execute({ type: 'Store', task: 0, vpn: 512, nr: pages, value: 1 });
  for (let round = 0; round < rounds; round++) {
    lab.execute({ type: 'Fork', task: 0, child: 1 });
    for (let page = 0; page < pages; page += 2)
      lab.execute({ type: 'Store', task: 0, vpn: 512 + page, nr: 1, value: round & 0xff });
    lab.execute({ type: 'Exit', task: 1 });
  }
  return lab.log;
}

describe('the time machine', () => {
  const log = longLog(16, 8);
  const limits = { bytes: 1 << 20, every: 16 };
  const source = { name: 'log', geometry: X86_64, policies: [], log, snapshots: [], hash: '' };

  it('shows after any command the world that a replay of the log comes to, wherever it looked before', () => {
    const machine = new TimeMachine(log, X86_64, [], limits);
    const straight = new TimeTravel(source);
    const hashes = log.map((_, position) => straight.worldAt(position).hash());
    // Forwards, backwards and across, always from somewhere else.
    for (let i = 0; i < log.length; i++) {
      const position = (i * 389) % log.length;
      expect(machine.worldAfter(machine.before[position]).hash()).toBe(hashes[position]);
    }
  });

  it('shows the middle of a command, event by event', () => {
    const machine = new TimeMachine(log, X86_64, [], limits);
    const fork = log.findIndex(({ command }) => command.type === 'Fork');
    const seen = new Set<string>();
    for (let i = 0; i <= log[fork].events.length; i++) seen.add(machine.worldAfter(machine.before[fork] + i).hash());
    expect(seen.size).toBe(log[fork].events.length + 1);
    expect(machine.commandAt(machine.before[fork])).toBe(fork);
  });

  it('keeps no more worlds than it may, however long the log', () => {
    const machine = new TimeMachine(log, X86_64, [], { bytes: 200_000, every: 1 });
    expect(machine.bytesKept).toBeGreaterThan(0);
    expect(machine.bytesKept).toBeLessThanOrEqual(200_000);
  });

  it('refuses a time that the log does not reach', () => {
    const machine = new TimeMachine(log, X86_64, [], limits);
    expect(() => machine.worldAfter(machine.nrEvents + 1)).toThrow(/there are \d+ events/);
  });
});
