/**
 * The checker against SPIN on the same transition system: the seqcount (linux-5.11), three pages, two pinning threads, fast
 * GUP, sequentially consistent memory. CPU time, so that a busy machine matters less; searches turn by turn and ratios round
 * by round, so that a drifting one does. Part of `npm run bench`; also `node bench/checker.mjs`.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RACE = 'seqcount-3-pages-2-gups';
const LANE = 'linux-5.11';
const ROUNDS = 5;
/** Searches a round: one alone is shorter than the clock is fine. */
const RUNS = 10;
/** The engine compiles the search during these. */
const WARM_UPS = 5;
const VERDICTS = 3;
/** Before SPIN: what it optimises away by default, so that its states are ours one by one. */
const ALL_STATES = '-o1 -o2 -o3';

const [, , part] = process.argv;
if (part === 'all' || part === 'reduced') await search(part === 'reduced');
else await compareWithSpin();

async function compareWithSpin() {
  if (['spin -V', 'cc --version'].some((command) => spawnSync(command, { shell: true }).status !== 0)) {
    console.log('\nthe checker against SPIN: no spin or no C compiler here, not measured');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-spin-'));
  try {
    const command = ['check', RACE, '--policies', LANE, '--memory', 'sc'];
    writeFileSync(join(folder, 'model.pml'), cowlab([...command, '--export', 'promela']).stdout);
    report(folder, command);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(folder, command) {
  const here = (line) => timed(line, folder);
  const build = (options, flags, name) =>
    here(`spin ${options} -a model.pml && cc -w -O2 -DSAFETY ${flags} -o ${name} pan.c`).ms;
  build(ALL_STATES, '-DNOREDUCE', 'all');
  const spins = median(Array.from({ length: VERDICTS }, () => build('', '', 'reduced') + here('./reduced').ms));
  const all = panOf(here('./all').out);
  const reduced = panOf(here('./reduced').out);
  /** A table as small as the states allow: as it comes, it has room for a hundred times as many. */
  const sized = `-m1000 -w${Math.ceil(Math.log2(all.states))}`;
  const allSized = panOf(here(`./all ${sized}`).out);
  const ours = child('all');
  const oursReduced = child('reduced');
  const verdicts = Array.from({ length: VERDICTS }, () => cowlab(command));
  const verdict = { ms: median(verdicts.map(({ ms }) => ms)), bytes: median(verdicts.map(({ bytes }) => bytes)) };

  const rounds = Array.from({ length: ROUNDS },
    () => ({ ours: child('all').ms, oursReduced: child('reduced').ms, pan: here(repeated('./all')).ms / RUNS,
      sized: here(repeated(`./all ${sized}`)).ms / RUNS, reduced: here(repeated(`./reduced ${sized}`)).ms / RUNS }));
  const cpu = (who) => `${median(rounds.map((round) => round[who])).toFixed(0).padStart(6)} ms`;
  const over = (who, other) => `ratio ${median(rounds.map((round) => round[who] / round[other])).toFixed(2)}`;
  const same = ours.states === all.states
    ? 'the same states on both sides'
    : `NOT the same states: ${ours.states} and ${all.states}`;
  console.log(`
the checker against SPIN: ${RACE} under ${LANE}, sequentially consistent;
CPU time (user + system), ${same}

search alone, all ${all.states.toLocaleString('en')} states; medians of ${ROUNDS} rounds
  cowlab, over learnt steps            ${cpu('ours')}
  pan -O2, as it comes                 ${cpu('pan')}   ${over('ours', 'pan')}  (goal: at most 1.0)
  pan -O2, table sized to the states   ${cpu('sized')}   ${over('ours', 'sized')}
search alone, each with its own reductions
  cowlab, over learnt steps            ${cpu('oursReduced')}
  pan -O2, table sized to the states   ${cpu('reduced')}   ${over('oursReduced', 'reduced')}

from the question to the verdict, whole processes; medians of ${VERDICTS}
  cowlab check                         ${verdict.ms.toFixed(0).padStart(6)} ms
  spin + cc -O2 + pan                  ${spins.toFixed(0).padStart(6)} ms   ratio ${
    (verdict.ms / spins).toFixed(2)
  }  (goal: at most 0.10)

states
  cowlab, reduced                      ${count(oursReduced.states)}
  pan, nothing reduced                 ${count(all.states)}   ratio ${
    (oursReduced.states / all.states).toFixed(2)
  }  (goal: at most 0.25)
  pan, its partial order reduction     ${count(reduced.states)}   ratio ${
    (oursReduced.states / reduced.states).toFixed(2)
  }

memory
  cowlab, all states and their table   ${mb(ours.bytes)}
  pan, as it comes                     ${mb(all.bytes)}   ratio ${
    (ours.bytes / all.bytes).toFixed(2)
  }  (goal: at most 0.5)
  pan, table sized to the states       ${mb(allSized.bytes)}   ratio ${(ours.bytes / allSized.bytes).toFixed(2)}
  cowlab check, all of the process     ${mb(verdict.bytes)}   ratio ${
    (verdict.bytes / all.bytes).toFixed(2)
  } to pan as it comes`);
}

/** In a process of its own: one search over and over, the first ones to learn the steps. */
async function search(reduce) {
  const { exhaust, persistent, symmetry, question } = await asked();
  const options = { memory: 'sc', order: 'bfs', limits: { maxStates: Infinity, maxDepth: Infinity },
    ...(reduce && { reduce: persistent, symmetry }) };
  for (let run = 0; run < WARM_UPS; run++) exhaust(question.automaton, options);
  const from = process.cpuUsage();
  let last;
  for (let run = 0; run < RUNS; run++) last = exhaust(question.automaton, options);
  const { user, system } = process.cpuUsage(from);
  process.stdout.write(
    JSON.stringify({ ms: (user + system) / 1000 / RUNS, states: last.space.count, bytes: last.space.bytes }),
  );
}

async function asked() {
  const { compose, resolveLanes } = await import('@cowlab/composition');
  const { openWorkplace } = await import('@cowlab/composition/node');
  const { ask, exhaust, parseRace, persistent, symmetry } = await import('@cowlab/checker');
  const { catalogue } = await openWorkplace(process.cwd());
  const [{ policy }] = compose(await resolveLanes(LANE, catalogue));
  const race = parseRace(
    readFileSync(fileURLToPath(new URL(`../examples/races/${RACE}.race`, import.meta.url)), 'utf8'),
    RACE,
  );
  return { exhaust, persistent, symmetry, question: ask(race, policy) };
}

function child(what) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), what], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${what}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The command line, which says at its end what it took; see `atExit`. */
function cowlab(words) {
  const bin = fileURLToPath(new URL('../packages/cowlab/bin/cowlab.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', atExit(), bin, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`cowlab ${words.join(' ')}: ${stdout}${stderr}`);
  const used = JSON.parse(stderr.slice(stderr.lastIndexOf('{')));
  return { stdout, ms: (used.userCPUTime + used.systemCPUTime) / 1000, bytes: used.maxRSS * 1024 };
}

function atExit() {
  const code = "process.on('exit', () => process.stderr.write(JSON.stringify(process.resourceUsage())));";
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** A shell command and the CPU time of all that it ran. */
function timed(line, cwd) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `(${line}) && times`], { cwd, encoding: 'utf8',
    maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${line}: ${stdout}${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  const ms = [...lines[lines.length - 1].matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  return { out: lines.slice(0, -2).join('\n'), ms };
}

/** Often enough that the shell's clock, which ticks every 10 ms, does not matter. */
function repeated(line) {
  return `i=0; while [ $i -lt ${RUNS} ]; do ${line} > /dev/null || exit 1; i=$((i + 1)); done`;
}

function panOf(text) {
  const number = (pattern) => {
    const found = pattern.exec(text);
    if (found === null) throw new Error(`pan did not say ${pattern.source}: ${text}`);
    return Number(found[1]);
  };
  if (number(/errors: (\d+)/) !== 0) throw new Error(`pan found an error: ${text}`);
  return { states: number(/(\d+) states, stored/), bytes: number(/([\d.]+)\s+total actual memory usage/) * 1e6 };
}

function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1).padStart(6)} MB`;
}

function count(nr) {
  return String(nr).padStart(9);
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}
