/** No process reads what another one wrote to its private memory, and nobody loses a store of its own. */

import { type Command, execute, hugePages } from '@cowlab/core';
import { type Case, LawBroken, machineOf } from './laws.ts';
import { Reference } from './reference.ts';

/**
 * Holds for programs without device stores and without the advices that change what fork() hands on. Pins may be taken:
 * that they do not follow a copy is their owner's trouble, the bytes that tasks see stay right.
 */
export function memoryHolds(c: Case): void {
  const kernel = machineOf(c);
  const reference = new Reference(hugePages(c.geometry));
  c.program.filter(isPlain).forEach((command, position) => {
    const { events, result } = execute(kernel, command);
    reference.follow(command, events, result);
    const [first] = reference.differences(kernel.world);
    if (first !== undefined) throw new LawBroken('memoryHolds', position, `after ${command.type}: ${first}`);
    loads(command, result.ok ? result.value : null);
  });

  function loads(command: Command, value: number | null): void {
    if (command.type !== 'Load' || value === null || command.nr === 0) return;
    const mm = reference.mmOfTask(command.task);
    const expected = mm === undefined ? undefined : reference.expected(mm, command.vpn + command.nr - 1);
    if (expected !== undefined && expected !== value) {
      throw new LawBroken('memoryHolds', c.program.indexOf(command),
        `a load of page ${command.vpn + command.nr - 1} by task ${command.task} gives ${value}, not ${expected}`);
    }
  }
}

function isPlain(command: Command): boolean {
  if (command.type === 'DeviceStore') return false;
  return command.type !== 'Madvise' || !['dontfork', 'wipeonfork'].includes(command.advice);
}
