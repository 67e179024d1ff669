import { experiment, powers, scenario, sequential, snapshot, uniform, zipf } from 'cowlab/experiment';

const question = 'How many pages are copied while a child writes its snapshot?';
const pages = 256;
const WRITERS = { uniform: uniform(pages), zipf: zipf(pages), sequential: sequential(pages) };

export default experiment({
  question,
  lanes: 'linux-6.1',
  sweep: { workload: ['zipf', 'uniform', 'sequential'], writes: powers(32, 512, 4) },
  repeats: 10,
  scenario: ({ workload, writes }, random) =>
    scenario(question).steps(snapshot(random, { pages, writes, writer: WRITERS[workload] })),
  measure: { copied: 'pagesCopiedOnWrite' },
});
