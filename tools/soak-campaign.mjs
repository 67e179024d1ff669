// `npm run soak -- --campaign`: a campaign is the same on every engine and however its workers and servers die; two workers
// against one, and what the engine costs. Workers are processes of their own, as those of anybody are.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const BIN = join(root, 'packages/cowlab/bin/cowlab.mjs');
const part = (name) => import(join(root, 'packages/campaign/dist', `${name}.js`));
const { campaignNamed, campaignStatus, openToLook } = await part('index');
const { TemporaryServer, whyNoServer } = await part('trial/temporary-server');

const MUTANT = "export default { id: 'mutant', summary: 'Shares what may be pinned.', onForkPage: () => 'share' };\n";
const UNIT = 200;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A command in `cwd`, under way. */
function begin(cwd, ...args) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => (said.out += text));
  child.stderr.on('data', (text) => (said.err += text));
  const ended = new Promise((done) => child.once('close', (code) => done({ code, ...said })));
  return { child, ended };
}

async function cowlab(cwd, ...args) {
  const { code, out, err } = await begin(cwd, ...args).ended;
  if (code === 2 || code === null) throw new Error(`cowlab ${args.join(' ')}: ${err}`);
  return out;
}

const fuzz = (
  engine,
  name,
  programs,
  ...more
) => ['campaign', 'fuzz', '--lanes', 'linux-6.18+./mutant.mjs', '--against', 'linux-6.18', '--programs',
  String(programs), '--unit', String(UNIT), '--engine', engine, '--name', name, ...more];

async function within(work) {
  const cwd = mkdtempSync(join(tmpdir(), 'cowlab-soak-'));
  writeFileSync(join(cwd, 'mutant.mjs'), MUTANT);
  const server = whyNoServer() === null ? await TemporaryServer.start() : null;
  try {
    return await work({ cwd, server });
  } finally {
    await server?.stop();
    rmSync(cwd, { recursive: true, force: true });
  }
}

async function statusOf(engine, name) {
  const database = await openToLook(engine);
  try {
    const campaign = await campaignNamed(database, name);
    const status = await campaignStatus(database, campaign);
    const [{ runs, twice }] = await database.query(
      `SELECT count(*)::int AS runs, count(*) FILTER (WHERE turn > 0)::int AS twice FROM cowlab_campaign.run WHERE campaign = $1`,
      [campaign.id],
    );
    return { ...status, runs, runTwice: twice };
  } finally {
    await database.close();
  }
}

function sound(status, hash) {
  const { state, units, size, runs, runTwice, dead } = status;
  if (state !== 'done' || dead.length > 0) throw new Error(`it is ${state}, ${JSON.stringify(dead)}`);
  if (units.done !== units.all || size.done !== size.all) throw new Error(`${units.done} of ${units.all} units`);
  if (runs - runTwice !== units.all) throw new Error(`${units.all} units were counted ${runs - runTwice} times`);
  if (hash !== null && status.hash !== hash) throw new Error(`the outcomes are ${status.hash}, and were ${hash}`);
}

/** CPU seconds of a process and its threads, and of those that it has waited for. */
function cpuOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const fields = readFileSync(file, 'utf8').replace(/^.*\) /s, '').split(' ').map(Number);
  return (fields[11] + fields[12] + fields[13] + fields[14]) / 100;
}

const familyOf = (pid) => [pid, ...readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
  try {
    return Number(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1]) === pid;
  } catch {
    return false;
  }
}).map(Number)];

let same = null;

/** @returns the trials, each with a title and what it saw */
export function campaignTrials({ programs, kills, only }, progress) {
  const trials = [
    { title: 'the outcomes are the same on PGlite and on PostgreSQL', run: () =>
      within(async ({ cwd, server }) => {
        await cowlab(cwd, ...fuzz('pglite:lite', 'quiet', programs, '--workers', '2', '--json'));
        const lite = await statusOf(`pglite:${join(cwd, 'lite')}`, 'quiet');
        sound(lite, null);
        same = lite.hash;
        if (server === null) return `${programs} programs on PGlite; ${whyNoServer()}`;
        await cowlab(cwd, ...fuzz(server.url, 'quiet', programs, '--workers', '2', '--json'));
        const real = await statusOf(server.url, 'quiet');
        sound(real, lite.hash);
        return `${programs} programs twice, ${lite.units.all} units, ${lite.again.agreed} run again and agreed, ${lite.findings} cause; ${
          lite.hash.slice(0, 16)
        }`;
      }) },
    { title: 'workers and a server that are killed lose nothing and count nothing twice',
      run: () =>
        within(async ({ cwd, server }) => {
          if (server === null) return `not tried: ${whyNoServer()}`;
          await cowlab(cwd, ...fuzz(server.url, 'killed', programs, '--workers', '0', '--json'));
          const args = ['worker', '--engine', server.url, '--kernels', 'none', '--until-done'];
          const crew = [begin(cwd, ...args), begin(cwd, ...args)];
          let [workers, servers] = [0, 0];
          for (let kill = 0; kill < kills; kill++) {
            await sleep(500 + Math.random() * 8000);
            if (kill % 5 === 4) {
              await server.kill();
              await server.begin();
              servers++;
            } else {
              const at = Math.floor(Math.random() * 2);
              crew[at].child.kill('SIGKILL');
              await crew[at].ended;
              crew[at] = begin(cwd, ...args);
              workers++;
            }
            progress(`${kill + 1} of ${kills} kills`);
          }
          for (;;) {
            const { state, units } = await statusOf(server.url, 'killed');
            if (state === 'done') break;
            // A unit that was killed too often is listed, and tried when somebody says so.
            if (units.dead > 0) await cowlab(cwd, 'campaign', 'retry', 'killed', '--engine', server.url);
            for (const [at, { child }] of crew.entries())
              if (child.exitCode !== null || child.signalCode !== null) crew[at] = begin(cwd, ...args);
            progress(`${units.done} of ${units.all} units`);
            await sleep(1000);
          }
          for (const { child } of crew) child.kill('SIGTERM');
          await Promise.all(crew.map(({ ended }) => ended));
          const status = await statusOf(server.url, 'killed');
          sound(status, same);
          return `${workers} workers and ${servers} servers killed; ${status.units.all} units, each counted once; ${
            same === null ? 'alone' : 'the same outcomes as undisturbed'
          }`;
        }) },
    { title: 'a process that holds PGlite and is killed with all its workers goes on where it stood',
      run: () =>
        within(async ({ cwd }) => {
          await cowlab(cwd, ...fuzz('pglite:lite', 'held', programs, '--workers', '0', '--json'));
          const go = () =>
            begin(cwd, 'campaign', 'resume', 'held', '--engine', 'pglite:lite', '--workers', '2', '--json');
          let running = go();
          const wanted = Math.max(1, Math.floor(kills / 5));
          let nr = 0;
          for (; nr < wanted; nr++) {
            const ended = await Promise.race([running.ended, sleep(15_000 + Math.random() * 15_000)]);
            if (ended !== undefined) break;
            for (const pid of familyOf(running.child.pid).reverse()) process.kill(pid, 'SIGKILL');
            await running.ended;
            progress(`${nr + 1} of ${wanted} kills`);
            running = go();
          }
          const { code, err } = await running.ended;
          if (code === 2) throw new Error(err);
          const engine = `pglite:${join(cwd, 'lite')}`;
          if ((await statusOf(engine, 'held')).units.dead > 0) {
            await cowlab(cwd, 'campaign', 'retry', 'held', '--engine', 'pglite:lite');
            await cowlab(cwd, 'campaign', 'resume', 'held', '--engine', 'pglite:lite', '--workers', '2', '--json');
          }
          const status = await statusOf(engine, 'held');
          sound(status, same);
          return `killed ${nr} times; ${status.units.all} units, each counted once`;
        }) },
    { title: 'two workers carry more than one, and the engine costs little',
      run: () =>
        within(async ({ cwd, server }) => {
          if (server === null) return `not tried: ${whyNoServer()}`;
          const seen = [];
          for (const nr of [1, 2]) {
            await cowlab(cwd, ...fuzz(server.url, `by-${nr}`, programs, '--workers', '0', '--twice', '0', '--json'));
            const before = familyOf(server.pid).reduce((sum, pid) => sum + cpuOf(pid), 0);
            const began = performance.now();
            const crew = Array.from({ length: nr },
              () => begin(cwd, 'worker', '--engine', server.url, '--kernels', 'none', '--until-done', '--json'));
            const reports = (await Promise.all(crew.map(({ ended }) => ended))).map(({ out }) => JSON.parse(out));
            const wall = (performance.now() - began) / 1000;
            const engine = familyOf(server.pid).reduce((sum, pid) => sum + cpuOf(pid), 0) - before;
            const total = (of) => reports.reduce((sum, report) => sum + of(report), 0);
            seen.push({ nr, wall, work: total(({ seconds }) => seconds),
              own: total(({ engineSeconds }) => engineSeconds), engine });
          }
          const [one, two] = seen;
          const share = ({ own, engine, work }) => `${(100 * (own + engine) / work).toFixed(2)} %`;
          return `one worker ${one.wall.toFixed(0)} s, two ${two.wall.toFixed(0)} s: ${
            (one.wall / two.wall).toFixed(2)
          } times; the engine (thread of the worker that talks to it, and server) is ${share(one)} and ${
            share(two)
          } of the work`;
        }) },
  ];
  return trials.filter(({ title }) => only === undefined || title.includes(only));
}
