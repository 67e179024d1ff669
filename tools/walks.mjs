// `npm run walks`: what a search on ARMv8 calls safe, walked at random: the questions of docs/fork-against-gup.md and the
// races of the gallery, as many walks each as are asked for. A walk that breaks something is printed with its order.
// `npm run walks -- --walks 1000000 --max-seconds 600 --only seqcount`
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const part = (name, file = 'index') => import(pathToFileURL(join(root, 'packages', name, 'dist', `${file}.js`)).href);
const { check, parseRace, questionText, QUESTIONS } = await part('checker');
const { policyOf, resolveLanes } = await part('composition');
const { openWorkplace } = await part('composition', 'node');
const { chooseRaceLanes } = await part('experiments', 'check');
const { galleryNames, readRace } = await part('experiments', 'node');

const { values } = parseArgs({
  options: { walks: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' },
    'max-states': { type: 'string', default: '200000' }, 'max-seconds': { type: 'string', default: '600' },
    only: { type: 'string', default: '' } },
});
const [walks, seed, maxStates, maxSeconds] = ['walks', 'seed', 'max-states', 'max-seconds'].map((flag) => {
  if (/^\d{1,9}$/.test(values[flag])) return Number(values[flag]);
  console.error(`walks: --${flag} ${values[flag]} is no count; give a whole number`);
  return process.exit(2);
});

const workplace = await openWorkplace(root);
const asked = [];
for (const question of QUESTIONS) {
  const name = `fork-against-gup ${Object.values(question).join(' ')}`;
  const [lane] = await resolveLanes(question.lane, workplace.catalogue);
  asked.push({ name, race: parseRace(questionText(question), 'asked'),
    lane: { name: question.lane, policy: policyOf(lane) } });
}
for (const name of galleryNames()) {
  const race = readRace(name, root);
  for (const { written, policy } of await chooseRaceLanes(undefined, race, workplace))
    asked.push({ name: `${name} ${written}`, race, lane: { name: written, policy } });
}

const came = { safe: 0, walked: 0, short: 0, against: 0 };
for (const { name, race, lane } of asked.filter((one) => one.name.includes(values.only))) {
  const searched = check(race, lane, { memory: 'armv8', explorer: 'bfs', maxStates, maxSeconds });
  if (searched.verdict !== 'safe') {
    console.log(`${name}: ${searched.verdict} by the search`);
    continue;
  }
  came.safe++;
  const walked = check(race, lane, { memory: 'armv8', explorer: 'random', walks, seed, maxSeconds });
  if (walked.verdict === 'broken') came.against++;
  else if (walked.finals < walks) came.short++;
  else came.walked++;
  console.log(
    `${name}: safe by ${searched.states} states; ${walked.finals} of ${walks} walks came to an end, ${
      walked.verdict === 'broken' ? `BROKEN by ${walked.trail.schedule}` : 'nothing broken'
    }`,
  );
}
console.log(
  `${came.safe} safe by the search: ${came.walked} walked as often as asked, ${came.short} cut by the clock, ${came.against} broken by a walk`,
);
process.exit(came.against > 0 ? 1 : 0);
