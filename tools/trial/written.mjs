// What the user of the trial writes, file by file.

/** A policy in JavaScript, with nothing imported. */
export const POLICY_JS = `export default {
  id: 'my-policy',
  summary: 'Copy pages that may be pinned during fork().',
  onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined),
};
`;

/** The same in TypeScript; \`hook\` and \`verdict\` are where it goes wrong. */
export const policyTs = (hook = 'onForkPage', verdict = 'copy') =>
  `import { definePolicy } from 'cowlab/policy';

export default definePolicy({
  id: 'typed-policy',
  summary: 'Copy pages that may be pinned during fork().',
  ${hook}: (page) => (page.maybeDmaPinned ? '${verdict}' : undefined),
});
`;

/** A question of one's own, with the chart in ten lines: these, and the command. */
export const GROWTH = `import { experiment, range } from 'cowlab/experiment';

export default experiment({
  question: 'What does fork() copy, as more of the memory is pinned?',
  lanes: 'linux-5.7,linux-5.9',
  sweep: { pinned: range(16, 64, 16) },
  scenario: ({ pinned }) => \`mmap 0 0 anon 64\\nmlock 0 0 0 64\\npin 0 0 0 0 \${pinned}\\nfork 0 1\`,
  measure: ['pagesCopiedAtFork', 'ptesVisited'],
});
`;

/** Every entry point, as a strict program uses it. */
export const CONSUMER_TS = `import { main, type Io } from 'cowlab';
import { check, parseRace, type Trail } from 'cowlab/check';
import { compareScenario, type ScenarioComparison } from 'cowlab/experiment';
import { openCatalogue } from 'cowlab/files';
import { compose, ContainerModule, createLab, type EventSink, type Lab, parseScenario, resolveLanes,
  Services } from 'cowlab/lab';
import { HAZARDS, type PolicyPlugin } from 'cowlab/policy';
import { policyContract } from 'cowlab/testing';
import policy from './typed-policy.js';

export const own: PolicyPlugin = policy;
export async function labOf(cwd: string): Promise<Lab> {
  const [lab] = compose(await resolveLanes('linux-5.9', await openCatalogue({ cwd })));
  return lab;
}
export const heardBy = (sink: EventSink): Promise<Lab> =>
  createLab({ lane: 'linux-5.9',
    modules: [new ContainerModule(({ bind }) => void bind(Services.EventSink).toConstantValue(sink))] });
export const codeOf = (io: Io): Promise<0 | 1 | 2> => main(['demo'], io);
export const compared: (...of: Parameters<typeof compareScenario>) => ScenarioComparison = compareScenario;
export const parts = [parseScenario, parseRace, check, policyContract, HAZARDS] as const;
export type { Trail };
`;

export const CONFIG_TS = `import { defineConfig } from 'cowlab';

const profile: string = 'mine';
export default defineConfig({ plugins: ['./my-policy.mjs'], profiles: { [profile]: ['naive-cow', 'my-policy'] } });
`;

export const SCENARIO = `question Does the device still work on the page that its owner sees?
mmap 0 0 anon 2
write 0 0 0 1
pin 0 0 0 0 1
fork 0 1
write 0 0 0 2
expect naive-cow pin 0 diverged 0
expect linux-5.9 pin 0 coherent
`;

/** The contract, under the test runner that every Node has. */
export const CONTRACT = `import { describe, it } from 'node:test';
import { given, policyContract } from 'cowlab/testing';
import policy from './my-policy.mjs';

policyContract(policy, { runs: 20 }, { describe, it });
it('a lab of one command', () => {
  given(policy).when({ type: 'Fork', task: 0, child: 1 }).then.succeeds().isSound();
});
`;

/** What a subscriber of a lab's events writes. */
export const STREAMS = `import { compose, parseScenario, resolveLanes, runScenario } from 'cowlab/lab';
import { openCatalogue } from 'cowlab/files';
import { readFileSync } from 'node:fs';
import { count, filter, lastValueFrom, map, takeUntil, Subject, toArray } from 'rxjs';

const [lab] = compose(await resolveLanes('linux-5.7', await openCatalogue({ cwd: process.cwd() })));
const over = new Subject();
const events$ = lab.events$.pipe(takeUntil(over));
const broken = lastValueFrom(events$.pipe(
  filter(({ event }) => event.type === 'CowBroken'), map(({ event }) => event.vpn), toArray()));
const all = lastValueFrom(events$.pipe(count()));
runScenario(parseScenario(readFileSync('buffer.cow', 'utf8')), lab);
over.next();
console.log(\`\${await all} events, COW broken at \${(await broken).map((vpn) => vpn.toString(16))}\`);
`;

/** For a browser: two labs, one fork(), and whether the device still has the owner's page. */
export const BROWSER =
  `import { catalogueOf, compose, PinLedger, resolveLanes, runScenario, scenario } from 'cowlab/lab';

const before = scenario('Who has the page?').mmap(0, 0, 'anon', 1).write(0, 0, 0, 1).pin(0, 0, 0, 0, 1).fork(0, 1)
  .write(0, 0, 0, 2).build();
globalThis.answer = (async () => {
  const labs = compose(await resolveLanes('linux-5.7,linux-5.9', await catalogueOf()));
  return labs.map((lab) => {
    runScenario(before, lab);
    return lab.log.flatMap(({ events }) => events).map(({ type }) => type)
      .filter((type) => type === 'CowBroken' || type === 'PagesCopied');
  }).map((types) => types.join(',')).join(' | ');
})();
`;
