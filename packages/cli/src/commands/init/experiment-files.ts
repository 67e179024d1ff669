/** An experiment and what is expected of its table. */
import { type Files, testImport, type Wanted } from './wanted.ts';

export function experimentFiles({ name, lang, runner }: Wanted): Files {
  return { [`${name}.${lang}`]: EXPERIMENT, [`${name}.test.${lang}`]: test(name, lang, testImport[runner]),
    'README.md': readme(name, lang) };
}

const EXPERIMENT = `import { bufferPool, experiment, powers, scenario } from 'cowlab/experiment';

const question = 'What do pinned pages cost a program that forks?';

export default experiment({
  question,
  lanes: 'linux-5.9-rc5,linux-5.9',
  sweep: { pinned: powers(1, 256, 4) },
  repeats: 5,
  scenario: ({ pinned }, random) => scenario(question).steps(bufferPool(random, { pages: 256, pinned, writes: 64 })),
  measure: ['pagesCopiedAtFork', 'pagesCopiedOnWrite', 'lost'],
});
`;

const test = (name: string, lang: string, runner: string): string =>
  `import assert from 'node:assert/strict';
${runner}
import { runExperiment } from 'cowlab/experiment';
import experiment from './${name}.${lang}';

describe('pinned pages and fork()', () => {
  it('5.9 copies them all at fork() and loses none', async () => {
    const { rows } = await runExperiment(experiment);
    for (const { parameters, measures } of rows.filter(({ lane }) => lane === 'linux-5.9')) {
      assert.equal(measures.pagesCopiedAtFork.mean, parameters.pinned);
      assert.equal(measures.lost.mean, 0);
    }
  });
});
`;

const readme = (name: string, lang: string): string =>
  `# ${name}

An experiment with [cowlab](https://www.npmjs.com/package/cowlab).

- \`npm start\` runs it and prints its table; \`npm test\` holds the table to what is expected.
- \`npx cowlab sweep ${name}.${lang} --csv\` prints data; \`--results kept.jsonl\` keeps finished cells and goes on after a kill.
- \`npx cowlab sweep ${name}.${lang} --chart ${name}.svg\` draws it; that needs \`npm install @observablehq/plot linkedom\`.
`;
