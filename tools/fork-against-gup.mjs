// `npm run fork-against-gup` writes the verdicts of docs/fork-against-gup.md: fork() against a fast GUP on ARMv8, by
// release, by kind of page, by VMA, by pin, by how the CPU makes its atomics. It takes minutes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const part = (name, file = 'index') => import(pathToFileURL(join(root, 'packages', name, 'dist', `${file}.js`)).href);
const { check, mendRace, parseRace, questionText, QUESTIONS } = await part('checker');
const { policyOf, resolveLanes } = await part('composition');
const { openWorkplace } = await part('composition', 'node');

const { catalogue } = await openWorkplace(root);
/** Those that the page speaks of. */
const BARRIERS = ['seq', 'look', 'mark', 'pin'];
const rows = [];
const mended = new Map();
for (const question of QUESTIONS) {
  const [lane] = await resolveLanes(question.lane, catalogue);
  const policy = policyOf(lane);
  const race = parseRace(questionText(question), 'fork-against-gup');
  const asked = { name: question.lane, policy };
  const said = (memory) => check(race, asked, { memory, explorer: 'bfs', reduce: true });
  const [sc, tso, arm] = [said('sc'), said('tso'), said('armv8')];
  let mend = '';
  if (arm.verdict === 'broken' && sc.verdict === 'safe') {
    const { answer, sets } = mendRace(race, asked, { memory: 'armv8', reduce: true, among: BARRIERS });
    mend = answer === 'mended' ? sets.map(({ strengthen }) => strengthen.join(' and ')).join(', or ') : answer;
    mended.set(mend, arm.trail.schedule);
  }
  rows.push([question.lane.slice(6).replace(/\+.*/, ''), question.kind, question.vma, question.pin, question.atomics,
    sc.verdict, tso.verdict, arm.verdict, mend]);
  console.log(rows.at(-1).join(' | '));
}
const head = ['release', 'page', 'VMA', 'pin', 'atomics', 'sc', 'tso', 'armv8', 'least barriers'];
const file = join(root, 'docs/fork-against-gup.md');
const text = readFileSync(file, 'utf8');
const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
writeFileSync(file, text.replace(/(<!-- verdicts -->\n)[\s\S]*?(\n<!-- end -->)/, `$1\n${table}\n$2`));
