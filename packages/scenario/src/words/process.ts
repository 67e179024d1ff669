/** Processes that come and go. */
import type { Result } from '@cowlab/core';
import type { Controller, StepOutcome } from './controller.ts';
import { shape, word } from './word.ts';

const BIRTH = shape<[p: number, child: number]>()('p', 'child');
const ONE = shape<[p: number]>()('p');

export const PROCESS = {
  fork: word(BIRTH, { says: 'CHILD gets the memory of P as it is now, by copy-on-write', effect: 'forks' },
    (on, { p, child }) => started(on, child, on.execute({ type: 'Fork', task: p, child }))),
  /** clone(CLONE_VM). */
  thread: word(BIRTH, { says: 'clone(CLONE_VM): CHILD works on the very memory of P', effect: 'shares' },
    (on, { p, child }) => started(on, child, on.execute({ type: 'CloneVm', task: p, child }))),
  /** This and `exec` drop the mm. */
  exit: word(ONE, { says: 'the process ends and gives up its memory', effect: 'ends' }, (on, { p }) => {
    on.processes.delete(p);
    return on.execute({ type: 'Exit', task: p });
  }),
  exec: word(ONE, { says: 'execve(): the process goes on without what it had mapped', effect: 'execs' },
    (on, { p }) => on.execute({ type: 'Execve', task: p })),
};

function started(on: Controller, child: number, result: Result): StepOutcome {
  if (result.ok) on.processes.add(child);
  return result;
}
