// `npm run races`: the laws of the checker on random races, outside jest, where they run many times faster.
// `npm run races -- --races 20000 --seed 1 --memory tso`
import { parseArgs } from 'node:util';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const part = (name, file = 'index') => import(pathToFileURL(join(root, 'packages', name, 'dist', `${file}.js`)).href);
const { formatRace, lawful, parseRace, randomRace } = await part('checker');
const { randomSource } = await part('checker', 'search/random');
const { PROFILES, openWorkplace, policyOf, resolveLanes } = { ...(await part('composition')),
  ...(await part('composition', 'node')) };

const { values } = parseArgs({
  options: { races: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' },
    memory: { type: 'string', default: 'both' }, json: { type: 'boolean' },
    policies: { type: 'string', default: Object.keys(PROFILES).join(',') },
    'max-states': { type: 'string', default: '60000' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(`npm run races -- [--races N] [--seed S] [--memory sc|tso|both] [--policies A,B] [--max-states N] [--json]
Race k of seed S is always the same one; races that a whole search would need more states for are counted, and not judged.
example: npm run races -- --races 500 --seed 7 --memory tso`);
  process.exit(0);
}
const usage = (what) => {
  console.error(`races: ${what}`);
  process.exit(2);
};
const count = (
  flag,
) => (/^\d{1,9}$/.test(values[flag])
  ? Number(values[flag])
  : usage(`--${flag} ${values[flag]} is no count; give a whole number`));
const memories = { sc: ['sc'], tso: ['tso'], both: ['sc', 'tso'] }[values.memory]
  ?? usage(`--memory ${values.memory} is not known; use sc, tso or both`);
const [races, seed, maxStates] = [count('races'), count('seed'), count('max-states')];
const { catalogue } = await openWorkplace(root);
const lanes = (await resolveLanes(values.policies, catalogue)).map((lane) => ({ name: lane.name,
  policy: policyOf(lane) })
);

const came = { safe: 0, broken: 0, tooLarge: 0, refused: 0, fails: 0 };
const broken = [];
const began = performance.now();
const say = (text) => {
  if (!values.json) console.log(text);
};
const summary = () =>
  `${
    came.safe + came.broken
  } searched every way (${came.broken} broken), ${came.tooLarge} too large, ${came.refused} refused, ${came.fails} against a law`;
for (let nr = 0; nr < races; nr++) {
  const random = randomSource(seed * 1_000_003 + nr);
  const race = randomRace(random, `race-${seed}-${nr}`);
  const lane = lanes[Math.floor(random() * lanes.length)];
  const memory = memories[nr % memories.length];
  try {
    parseRace(formatRace(race), race.name);
    const found = lawful(race, lane, memory, { maxStates });
    if (found.kind === 'holds') came[found.verdict]++;
    else came[found.kind]++;
    if (found.kind === 'fails') tell(race, lane, memory, found.law, found.what);
  } catch (cause) {
    if (!(cause instanceof RangeError) && cause.name !== 'ScenarioError') {
      came.fails++;
      tell(race, lane, memory, 'a search comes to an answer', cause.stack);
    } else {
      came.refused++;
      if (process.env.DEBUG) say(`${cause.message}\n${formatRace(race)}`);
    }
  }
  if ((nr + 1) % 1000 === 0) say(`${nr + 1} races: ${summary()}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
function tell(race, { name }, memory, law, what) {
  broken.push({ law, what, lane: name, memory, race: formatRace(race) });
  say(
    `\n# ${race.name}: ${law}: ${what}\n# cowlab check THIS-FILE --policies ${name} --memory ${memory}\n${
      formatRace(race)
    }`,
  );
}
if (values.json)
  console.log(
    JSON.stringify({ kind: 'races', seed, races, memory: values.memory, lanes: lanes.map(({ name }) => name), ...came,
      broken }, null, 2),
  );
else say(`${races} races, seed ${seed}: ${summary()}; ${((performance.now() - began) / 1000).toFixed(0)} s`);
process.exit(came.fails > 0 ? 1 : 0);
