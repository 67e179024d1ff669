// `npm run fuzz`: the laws of packages/testing on random programs, on every profile, outside jest, where they run many times
// faster. `npm run fuzz -- --programs 10000 --profiles linux-5.9,linux-7.2 --laws replays,sound --seed 1`
import { parseArgs } from 'node:util';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { root } from './workspace.mjs';

const dist = (name) => import(pathToFileURL(join(root, 'packages', name, 'dist', 'index.js')).href);
const { openWorkplace, PROFILES, resolveLanes } = await dist('composition');
const { stackPolicies, toyGeometry, X86_64 } = await dist('core');
const { bodyOf } = await dist('plugin-api');
// Module by module: the index also has the parts that only run inside jest.
const part = (name) => import(pathToFileURL(join(root, 'packages', 'testing', 'dist', `${name}.js`)).href);
const laws = Object.assign({}, ...(await Promise.all(['arbitraries', 'laws', 'failure-laws', 'memory-law'].map(part))));

/** Each takes (case, how to judge it, a number that says where). */
const LAWS = {
  answers: (c) => laws.answers(c),
  replays: (c) => laws.replays(c),
  bulk: (c) => laws.bulkEqualsStepped(c),
  sound: (c, judged) => laws.staysSound(c, judged),
  clones: (c, _, at) => laws.worldIsAll(c, at),
  allocations: (c, judged, at) => laws.survivesFailedAllocation(c, at, judged),
  forkFails: (c, _, at) => laws.failedForkChangesNoByte(c, at % 30),
  nothingLeft: (c) => laws.leavesNothing(c),
  bytes: (c) => laws.memoryHolds(c),
};

const { values } = parseArgs({
  options: { programs: { type: 'string', default: '10000' },
    profiles: { type: 'string', default: Object.keys(PROFILES).join(',') },
    laws: { type: 'string', default: 'replays,bulk,sound' }, seed: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(
    `npm run fuzz -- [--programs N] [--profiles A,B] [--laws L,M] [--seed S]\nlaws: ${
      Object.keys(LAWS).join(', ')
    }\nexample: npm run fuzz -- --programs 200 --profiles linux-5.9 --laws sound`,
  );
  process.exit(0);
}
const chosen = values.laws.split(',');
const unknown = chosen.find((law) => !Object.hasOwn(LAWS, law));
if (unknown !== undefined) {
  console.error(`fuzz: there is no law '${unknown}'; laws are ${Object.keys(LAWS).join(', ')}`);
  process.exit(2);
}
const { catalogue } = await openWorkplace(root);
const lanes = await resolveLanes(values.profiles, catalogue);
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
const programs = Number(values.programs);
console.log(
  `${programs} programs for each profile and law, one in ten on x86-64 page tables, the rest on toy ones; seed ${seed}`,
);
let failed = 0;
for (const { name, stack } of lanes) {
  const overlays = stack.map(({ plugin, options }) => {
    const hooks = bodyOf(plugin.create(options), plugin.id);
    return { id: plugin.id, hooks, traits: hooks.traits, memoryWords: plugin.memoryWords };
  });
  const { anonExclusive, hugetlbCopyIgnoresVma } = stackPolicies(overlays).traits;
  const judged = { anonExclusive, ignoreVmaWrite: hugetlbCopyIgnoresVma };
  for (const law of chosen) {
    const from = performance.now();
    for (const [geometry, numRuns] of [[toyGeometry(), Math.ceil(programs * 0.9)], [X86_64,
      Math.floor(programs * 0.1)]])
    {
      if (numRuns === 0) continue;
      const property = fc.property(laws.programs(geometry), fc.nat(200), (program, at) =>
        LAWS[law]({ geometry, overlays, program }, judged, at));
      const found = fc.check(property, { numRuns, seed });
      if (!found.failed) continue;
      failed++;
      console.log(
        `${name}  ${law}  BROKEN on ${geometry.name}: ${
          String(found.errorInstance?.message ?? found.errorInstance).split('\n')[0]
        }`,
      );
      for (const command of found.counterexample?.[0] ?? []) console.log(`  ${JSON.stringify(command)}`);
      console.log(`  again: npm run fuzz -- --profiles ${name} --laws ${law} --programs ${programs} --seed ${seed}`);
    }
    console.log(`${name.padEnd(14)} ${law.padEnd(12)} ${((performance.now() - from) / 1000).toFixed(1)} s`);
  }
}
console.log(failed === 0 ? 'every law holds' : `${failed} broken`);
process.exit(failed === 0 ? 0 : 1);
