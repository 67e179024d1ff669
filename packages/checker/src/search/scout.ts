/** What random walks learn before a search begins. */
import type { Machine } from '../machine/machine.ts';
import { Buffers } from '../memory/buffers.ts';
import type { Memory } from '../memory/memory.ts';
import { Moves } from './moves.ts';
import { randomSource } from './random.ts';

const SCOUTS_MAX = 200;
/** So many walks in a row that learnt nothing are enough. */
const SCOUTS_IDLE = 12;
const LONGEST_BURST = 12;
/** Where somebody goes round in a circle a walk has no end of its own. */
const LONGEST_WALK = 4000;

/** Walks in bursts of random length: they meet nearly everything that there is to learn, and cost little. */
export function scout(automaton: Machine, memory: Memory, until = Infinity): void {
  const random = randomSource(1);
  const moves = new Moves(automaton, memory, new Buffers());
  for (let walk = 0, idle = 0; walk < SCOUTS_MAX && idle < SCOUTS_IDLE && (until === Infinity || Date.now() < until);
    walk++)
  {
    const at = moves.initial();
    const known = automaton.leaves.length;
    const length = 1 + (walk % LONGEST_BURST);
    let going = -1;
    for (let enabled = moves.enabled(at), made = 0; enabled.length > 0 && made < LONGEST_WALK;
      enabled = moves.enabled(at), made++)
    {
      if (!enabled.includes(going) || random() * length < 1) going = enabled[Math.floor(random() * enabled.length)];
      moves.apply(at, going);
    }
    idle = automaton.leaves.length > known ? 0 : idle + 1;
  }
}
