import { bufferPool, experiment, range, scenario, sequential } from 'cowlab/experiment';

const question = 'How does the cost of fork() grow with the pinned share of memory?';
const pages = 1024;

export default experiment({
  question,
  lanes: 'naive=linux-5.9-rc5,dontfork=linux-5.9-rc5+madv-dontfork:pins=true,early-copy=linux-5.9',
  sweep: { percent: range(25, 100, 25) },
  scenario: ({ percent }, random) =>
    scenario(question).steps(
      bufferPool(random, { pages, pinned: pages * percent / 100, writes: pages, writer: sequential(pages) }),
    ),
  measure: { atFork: 'pagesCopiedAtFork', later: 'pagesCopiedOnWrite', entries: 'ptesVisited', lost: 'lost' },
});
