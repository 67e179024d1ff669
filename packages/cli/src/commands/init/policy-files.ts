/** A policy, the contract that it keeps, and a scenario in which it matters. */
import { type Files, testImport, type Wanted } from './wanted.ts';

export function policyFiles({ name, lang, runner }: Wanted): Files {
  return { [`${name}.${lang}`]: policy(name), [`${name}.test.${lang}`]: test(name, lang, testImport[runner]),
    'pinned.cow': PINNED, 'README.md': readme(name, lang) };
}

const policy = (name: string): string =>
  `import { definePolicy } from 'cowlab/policy';

/** A device goes on with the page that it pinned: whoever is to keep up with it needs the same page after fork(). */
export default definePolicy({
  id: '${name}',
  summary: 'Copy pages that may be pinned during fork().',
  onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined),
});
`;

const test = (name: string, lang: string, runner: string): string =>
  `import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
${runner}
import { compareScenario } from 'cowlab/experiment';
import { catalogueOf, parseScenario, resolveLanes } from 'cowlab/lab';
import { policyContract } from 'cowlab/testing';
import policy from './${name}.${lang}';

// What every policy keeps to, tried on random programs.
policyContract(policy, { runs: 20 }, { describe, it });

describe('a page that a device has pinned', () => {
  it('stays with its owner after fork(), where naive COW loses it', async () => {
    const scenario = parseScenario(readFileSync(new URL('./pinned.cow', import.meta.url), 'utf8'), 'pinned.cow');
    const lanes = await resolveLanes('naive-cow,${name}', await catalogueOf({ plugins: [policy] }));
    const states = compareScenario(scenario, lanes).lanes.map(({ pins }) => pins[0].pages[0].state);
    assert.deepEqual(states, ['diverged', 'coherent']);
  });
});
`;

const PINNED = `question Does the device still work on the page that its owner sees?
# Process 0 maps region 0, two private anonymous pages, and stores 1 to page 0.
mmap 0 0 anon 2
write 0 0 0 1
# Slot 0: a device pins one page from page 0 on.
pin 0 0 0 0 1
fork 0 1
write 0 0 0 2
devwrite 0 0 3
expect naive-cow pin 0 diverged 0
expect naive-cow value 0 0 0 2
`;

const readme = (name: string, lang: string): string =>
  `# ${name}

A policy for [cowlab](https://www.npmjs.com/package/cowlab): what fork() does with pages that may be pinned.

- \`npm test\` holds it to the contract of policies, and to what it is for.
- \`npm start\` shows it beside naive COW: \`cowlab compare pinned.cow --policies naive-cow,./${name}.${lang}\`.
- \`npx cowlab compare pinned.cow --policies linux-5.7,linux-5.7+./${name}.${lang}\` lays it over a kernel.

\`npx cowlab explain hook\` and the types of \`definePolicy\` lead on.
`;
