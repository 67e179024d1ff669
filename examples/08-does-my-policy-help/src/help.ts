import { catalogueOf } from 'cowlab/lab';
import { bufferPool, experiment, runExperiment, scenario, sequential } from 'cowlab/experiment';
import keepPins from './keep-pins.ts';

const question = 'Does my policy keep the pins, and what does it cost?';

export const help = experiment({
  question,
  lanes: 'linux-5.7,linux-5.7+keep-pins,linux-5.9-rc5,linux-5.9-rc5+keep-pins',
  sweep: { childExits: [false, true] },
  scenario: ({ childExits }, random) =>
    scenario(question).steps(
      bufferPool(random, { pages: 64, pinned: 16, writes: 64, writer: sequential(64), childExits }),
    ),
  measure: ['pagesCopiedAtFork', 'pagesCopiedOnWrite', 'lost'],
});

/** The policy is handed in; on a command line it would be a path: linux-5.7+./keep-pins.ts. */
export const run = async () => runExperiment(help, { catalogue: await catalogueOf({ plugins: [keepPins] }) });
