import { experiment, powers, scenario, touched } from 'cowlab/experiment';

const question = 'What does a helper process cost, as memory grows?';
const PINNED = 64;

/** posix_spawn() borrows its parent's memory (CLONE_VM) until it calls exec(). */
export default experiment({
  question,
  lanes: 'dontfork=linux-5.7+madv-dontfork:pins=true,early-copy=linux-5.9',
  sweep: { how: ['fork', 'spawn'], pages: powers(256, 16384, 8) },
  scenario: ({ how, pages }) => {
    const program = scenario(question).steps(touched(pages)).pin(0, 0, 0, 0, PINNED);
    return (how === 'fork' ? program.fork(0, 1) : program.thread(0, 1)).exec(1);
  },
  measure: { entries: 'ptesVisited', copied: 'pagesCopiedAtFork', tables: 'pageTablesAllocated' },
});
