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
/** Before SPIN: what it optimises away by default, so that its states are ours one by one. */
const ALL_STATES = '-o1 -o2 -o3';

const [, , part] = process.argv;
if (part === 'search') await searchAlone();
else if (part === 'search-reduced') await searchReduced();
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
  const build = (options, flags, name) => here(`spin ${options} -a model.pml && cc -w -O2 -DSAFETY ${flags} -o ${name} pan.c`);
  const whole = build(ALL_STATES, '-DNOREDUCE', 'all');
  const reduced = build('', '', 'reduced');
  const counted = { all: panOf(here('./all').out), reduced: panOf(here('./reduced').out) };
  /** Its table as small as its states allow; by default it has room for a hundred times as many. */
  const sized = `-m1000 -w${Math.ceil(Math.log2(counted.all.states))}`;

  const rounds = Array.from({ length: ROUNDS }, () => ({
    ours: child('search').ms,
    reduced: child('search-reduced').ms,
    pan: here(times('./all')).ms / RUNS,
    sized: here(times(`./all ${sized}`)).ms / RUNS,
    panReduced: here(times(`./reduced ${sized}`)).ms / RUNS,
  }));
  const median = (of) => middle(rounds.map(of).sort((a, b) => a - b));
  const cpu = (of) => `${median(of).toFixed(0).padStart(5)} ms`;
  const times2 = (of) => median(of).toFixed(2);

  const ours = child('search');
  const oursReduced = child('search-reduced');
  const verdicts = Array.from({ length: 3 }, () => cowlab(command)).sort((a, b) => a.ms - b.ms);
  const verdict = middle(verdicts);
  const spins = Array.from({ length: 3 }, () => build('', '', 'reduced').ms + here('./reduced').ms).sort((a, b) => a - b);
  const spin = middle(spins);
  const same = ours.states === counted.all.states ? 'the same states' : `NOT the same states: ${ours.states} and ${counted.all.states}`;

  console.log(`
the checker against SPIN: ${RACE} under ${LANE}, sequentially consistent, CPU time (user + system), ${same}

search alone, all ${ours.states.toLocaleString('en')} states, medians of ${ROUNDS} rounds
  cowlab, steps learnt                    ${cpu(({ ours: ms }) => ms)}
  pan -O2, as it comes                    ${cpu(({ pan }) => pan)}    ratio ${times2(({ ours: ms, pan }) => ms / pan)}  (goal: at most 1.0)
  pan -O2, table sized to the states      ${cpu(({ sized: ms }) => ms)}    ratio ${times2(({ ours: ms, sized: theirs }) => ms / theirs)}
  cowlab, reduced                         ${cpu(({ reduced: ms }) => ms)}
  pan -O2, reduced, table sized           ${cpu(({ panReduced }) => panReduced)}    ratio ${times2(({ reduced: ms, panReduced }) => ms / panReduced)}

from the question to the verdict, whole processes
  cowlab check                            ${verdict.ms.toFixed(0).padStart(5)} ms
  spin + cc -O2 + pan, its defaults       ${spin.toFixed(0).padStart(5)} ms    ratio ${(verdict.ms / spin).toFixed(3)}  (goal: at most 0.1)
  (spin + cc -O2 for all states           ${whole.ms.toFixed(0).padStart(5)} ms)

states
  cowlab, reduced                      ${String(oursReduced.states).padStart(8)}
  pan, nothing reduced                 ${String(counted.all.states).padStart(8)}    ratio ${(oursReduced.states / counted.all.states).toFixed(3)}  (goal: at most 0.25)
  pan, its defaults (partial order)    ${String(counted.reduced.states).padStart(8)}    ratio ${(oursReduced.states / counted.reduced.states).toFixed(3)}

memory
  cowlab, all states and their table   ${mb(ours.bytes)}
  pan, as it comes                     ${mb(counted.all.bytes)}    ratio ${(ours.bytes / counted.all.bytes).toFixed(3)}  (goal: at most 0.5)
  pan, table sized to the states       ${mb(panOf(here(`./all ${sized}`).out).bytes)}    ratio ${(ours.bytes / panOf(here(`./all ${sized}`).out).bytes).toFixed(3)}
  cowlab check, the whole process      ${mb(verdict.peakBytes)}    ratio ${(verdict.peakBytes / counted.all.bytes).toFixed(3)} to pan as it comes`);
  void reduced;
}

/** In a child: the search over steps that are learnt already. */
async function searchAlone() {
  const { exhaust, question } = await asked();
  const search = () => exhaust(question.automaton, { memory: 'sc', order: 'bfs', limits: { maxStates: Infinity, maxDepth: Infinity } });
  measure(search, ({ space }) => ({ states: space.count, bytes: space.bytes }));
}

/** In a child: the same with reductions, steps learnt anew each time. */
async function searchReduced() {
  const { check, race, policy } = await asked();
  measure(() => check(race, { name: LANE, policy }, { memory: 'sc', explorer: 'bfs', reduce: true }), ({ states, bytes }) => ({ states, bytes }));
}

function measure(search, countsOf) {
  for (let run = 0; run < WARM_UPS; run++) search();
  const from = process.cpuUsage();
  let last;
  for (let run = 0; run < RUNS; run++) last = search();
  const { user, system } = process.cpuUsage(from);
  process.stdout.write(JSON.stringify({ ms: (user + system) / 1000 / RUNS, ...countsOf(last) }));
}

async function asked() {
  const { compose, openWorkplace, resolveLanes } = await import('@cowlab/composition');
  const { ask, check, exhaust, parseRace } = await import('@cowlab/checker');
  const { catalogue } = await openWorkplace(process.cwd());
  const [{ kernel: { policy } }] = compose(await resolveLanes(LANE, catalogue));
  const race = parseRace(readFileSync(fileURLToPath(new URL(`../examples/races/${RACE}.race`, import.meta.url)), 'utf8'), RACE);
  return { ask, check, exhaust, race, policy, question: ask(race, policy) };
}

function child(what) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), what], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${what}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The command line, which says at its end what it took; see `atExit`. */
function cowlab(words) {
  const bin = fileURLToPath(new URL('../packages/cli/bin/cowlab.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', atExit(), bin, ...words], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`cowlab ${words.join(' ')}: ${stdout}${stderr}`);
  const used = JSON.parse(stderr.slice(stderr.lastIndexOf('{')));
  return { stdout, ms: (used.userCPUTime + used.systemCPUTime) / 1000, peakBytes: used.maxRSS * 1024 };
}

function atExit() {
  const code = "process.on('exit', () => process.stderr.write(JSON.stringify(process.resourceUsage())));";
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** A shell command and the CPU time of all that it ran. */
function timed(line, cwd) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `(${line}) && times`], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${line}: ${stdout}${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  const ms = [...lines[lines.length - 1].matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0);
  return { out: lines.slice(0, -2).join('\n'), ms };
}

/** Often enough that the shell's clock, which ticks every 10 ms, does not matter. */
function times(line) {
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
  return `${(bytes / 1e6).toFixed(1).padStart(8)} MB`;
}

function middle(numbers) {
  return numbers[numbers.length >> 1];
}
