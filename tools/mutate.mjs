// `npm run mutate`: small mistakes put into the model one at a time, and which of them nobody notices. See
// tools/mutation/README.md. `npm run mutate -- --group core --sample 100 --seed 1`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { baseline, originalsOf, reaches } from './mutation/baseline.mjs';
import { runSpecs } from './mutation/child.mjs';
import { Compiler } from './mutation/compiler.mjs';
import { equivalents } from './mutation/equivalent.mjs';
import { builtOf, javascriptOf, kept, layOut } from './mutation/layout.mjs';
import { chosenOf, mutantsOf } from './mutation/mutants.mjs';
import { filesOf, GROUPS, runsHere, subjectOf } from './mutation/subjects.mjs';
import { report, tableOf } from './mutation/report.mjs';
import { WarmChild } from './mutation/warm-child.mjs';
import { root } from './workspace.mjs';

const HELP = `npm run mutate -- [options]

  --group NAME     ${Object.keys(GROUPS).join(', ')}; several with commas; all when left out
  --files TEXT     only sources whose path holds TEXT (a * stands for anything); several with commas
  --sample N       N mutants, spread over the subjects; all of them when left out
  --seed S         which N: the same seed is the same sample (1)
  --lines A-B      only mutants in these lines
  --jobs N         so many at a time (1)
  --again FILE     the survivors of an earlier --json FILE once more
  --quick          who lives in a process with others is not tried again in one of its own
  --types          ask the compiler about each; it is asked only about who lives, unless told so
  --specs TEXT     ask only specs whose path holds TEXT; several with commas
  --trust          specs are taken to pass and to reach everything: no baseline
  --list           show the mutants, run none
  --json FILE      write what came of each

A mutant is one small change of one source file: another comparison, a test left out, an event not emitted. It is killed
when a spec of \`npm test\` fails, or does not come to an end. It runs outside jest, in Node's own module loader, from the
build, with one module replaced: a second or two a mutant. (Stryker drives jest, whose ES modules run in contexts of
their own: minutes a mutant here, and it cannot tell jest which built module to take.)
Specs that start processes, ask this machine's kernel or need the network are left out: who is alive here may be killed
by one of them; who is killed here is killed by \`npm test\`.
Exit: 0 when no mutant lives but those of tools/mutation/equivalent.json, 1 when one does, 2 for bad usage.

Example: npm run mutate -- --files core/src/vma --sample 20`;

const { values } = parseArgs({
  options: { group: { type: 'string' }, files: { type: 'string' }, sample: { type: 'string' },
    seed: { type: 'string', default: '1' }, lines: { type: 'string' }, jobs: { type: 'string', default: '1' },
    again: { type: 'string' }, list: { type: 'boolean' }, quick: { type: 'boolean' }, specs: { type: 'string' },
    trust: { type: 'boolean' }, types: { type: 'boolean' }, json: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const usage = (what) => {
  console.error(`mutate: ${what}`);
  process.exit(2);
};
for (const flag of ['sample', 'seed', 'jobs']) {
  if (values[flag] !== undefined && !/^\d{1,9}$/.test(values[flag]))
    usage(`--${flag} ${values[flag]} is no count; give a whole number`);
}
const unknown = values.group?.split(',').find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) usage(`there is no group '${unknown}'; groups are ${Object.keys(GROUPS).join(', ')}`);
if (values.lines !== undefined && !/^\d+-\d+$/.test(values.lines))
  usage(`--lines ${values.lines} is no range; give 10-20`);
if (values.again !== undefined && !existsSync(values.again)) usage(`--again ${values.again}: there is no such file`);

const targets = filesOf(Object.keys(GROUPS));
const groups = values.group?.split(',') ?? Object.keys(GROUPS);
const files = filesOf(groups, values.files);
if (files.length === 0) usage(`no source is called ${values.files}; give a part of a path, such as core/src/vma`);
const compiler = new Compiler();
const all = files.flatMap((file) => mutantsOf(file, compiler));
const again = values.again === undefined
  ? null
  : new Set(
    JSON.parse(readFileSync(values.again, 'utf8')).mutants.filter(({ came }) => came === 'alive').map(({ id }) => id),
  );
const [first, last] = values.lines?.split('-').map(Number) ?? [0, Infinity];
const asked = all.filter(({ id, line }) => line >= first && line <= last && (again === null || again.has(id)));
const chosen = values.sample === undefined
  ? asked
  : chosenOf(asked, Number(values.sample), Number(values.seed), subjectOf);
if (values.list) {
  for (const mutant of chosen) console.log(report(mutant));
  console.log(`${chosen.length} mutants of ${all.length}`);
  process.exit(0);
}

const layout = layOut();
const specsAsked = values.specs?.split(',') ?? [''];
layout.specs = layout.specs.filter((spec) => runsHere(spec, groups) && specsAsked.some((text) => spec.includes(text)));
const known = values.trust
  ? Object.fromEntries(layout.specs.map((spec) => [relative(root, spec), { ms: 1000, reached: null }]))
  : await baseline(layout, targets, (what) => console.log(what));
const specs = Object.entries(known).map(([name, about]) => ({ name, ...about, kills: 0 }));
const originals = originalsOf(targets);
const excused = equivalents();
const came = [];
const queue = [...chosen];
const began = performance.now();
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const table = tableOf(came, subjectOf);
console.log(`\n${table.text}\n${came.length} mutants in ${((performance.now() - began) / 1000).toFixed(0)} s`);
write();
process.exit(came.some((mutant) => mutant.came === 'alive') ? 1 : 0);

/** After each: who stops this early has what was found. */
function write() {
  if (values.json === undefined) return;
  const { rows } = tableOf(came, subjectOf);
  const whole = { kind: 'mutation', seed: Number(values.seed), total: all.length, subjects: rows, mutants: came };
  writeFileSync(values.json, `${JSON.stringify(whole, null, 2)}\n`);
}

async function work() {
  const warm = new WarmChild({ specs: specs.map(({ name }) => join(root, name)), layout: layout.file,
    replaced: originals });
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const fate = await fateOf(mutant, warm);
    came.push({ ...mutant, subject: subjectOf(mutant.file), ...fate });
    write();
    const nr = `${came.length}/${chosen.length}`;
    if (fate.came === 'alive')
      console.log(`${nr} ALIVE ${report(mutant)}${fate.reached === 0 ? '\n    no spec runs it' : ''}`);
    else if (process.env.DEBUG || came.length % 25 === 0)
      console.log(
        `${nr} ${Math.round((performance.now() - began) / 1000)} s ${fate.came}${fate.fresh ? ' (fresh)' : ''} ${
          report(mutant)
        } ${fate.by ?? ''}`,
      );
  }
  warm.stop();
}

async function fateOf(mutant, warm) {
  const reason = excused(mutant);
  if (reason !== null) return { came: 'equivalent', what: reason };
  const path = join(root, mutant.file);
  const original = readFileSync(path, 'utf8');
  const text = original.slice(0, mutant.at) + mutant.text + original.slice(mutant.end);
  const invalid = () => {
    const wrong = compiler.refuses(path, text);
    return wrong === null ? null : { came: 'invalid', what: wrong };
  };
  if (values.types && invalid() !== null) return invalid();
  const [was, is] = [original, text].map((source) => javascriptOf(source, path, { asBuilt: true }));
  if (was === is) return { came: 'invalid', what: 'the same JavaScript' };
  const url = pathToFileURL(builtOf(path)).href;
  const offset = firstDifference(was, is);
  const able = specs.filter((spec) => reaches(spec, url, offset));
  if (able.length === 0) return invalid() ?? { came: 'alive', reached: 0 };
  // What killed most for its time goes first.
  able.sort((a, b) => a.ms / (1 + a.kills) - b.ms / (1 + b.kills));
  const limits = new Map(able.map(({ name, ms }) => [join(root, name), 4000 + 4 * ms]));
  const limit = (name) => limits.get(name) ?? 8000;
  const asks = [...limits.keys()];
  const inPlace = await warm.tried({ url, original: originals[url], mutant: kept(is), specs: asks }, limit);
  const { failed, spec, what } = inPlace?.failed || (inPlace !== null && values.quick)
    ? inPlace
    : await runSpecs({ specs: asks, layout: layout.file, replaced: { [url]: kept(is) } }, limit);
  if (!failed) return invalid() ?? { came: 'alive', reached: able.length };
  const by = relative(root, spec ?? '');
  const killer = specs.find(({ name }) => name === by);
  if (killer !== undefined) killer.kills++;
  return { came: 'killed', by, what, ...(inPlace === null && { fresh: true }) };
}

function firstDifference(one, two) {
  let at = 0;
  while (at < one.length && one[at] === two[at]) at++;
  return at;
}
