/**
 * Campaigns on PGlite, and on a real PostgreSQL where one is installed: the same claims of both, and both come to the
 * same outcomes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openWorkplace } from '@cowlab/composition/node';
import { checkRace, chooseRaceLanes } from '@cowlab/experiments/check';
import { readRace } from '@cowlab/experiments/node';
import { readResults, SqlJournal } from '@cowlab/journal';
import { type Engine, openWithQueue } from './engine/engine.ts';
import { SCHEMA } from './engine/tables.ts';
import { buildHash } from './plan/build-hash.ts';
import { cut } from './plan/cut.ts';
import type { FuzzQuestion, Question } from './plan/question.ts';
import type { Unit } from './plan/unit.ts';
import { growth } from './report/growth.ts';
import { openMetrics } from './report/open-metrics.ts';
import { racesOf } from './report/outcomes.ts';
import { campaignStatus, type CampaignStatus } from './report/status.ts';
import { beginCampaign, type Campaign, campaignNamed, setState } from './store/campaigns.ts';
import { findings } from './store/findings.ts';
import { EngineStore, streamOf } from './store/kept-findings.ts';
import { TemporaryServer, whyNoServer } from './trial/temporary-server.ts';
import type { WorkPlace } from './work/workshop.ts';
import { type Performer, PerformerHere } from './worker/performer.ts';
import { CampaignWorker } from './worker/worker.ts';

const WAIT = 300_000;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-campaign-'));
  writeFileSync(join(cwd, 'mutant.mjs'),
    "export default { id: 'mutant', summary: 'Shares what may be pinned.', onForkPage: () => 'share' };\n");
});
afterAll(() => rmSync(cwd, { recursive: true }));

const place = (): WorkPlace => ({ cwd, asked: {}, env: {} });
const MUTANT: FuzzQuestion = { kind: 'fuzz', seed: 1, kinds: 'golden', programs: 24, lanes: ['linux-6.18+./mutant.mjs'],
  against: { by: 'lane', lane: 'linux-6.18' } };
const LAWFUL: FuzzQuestion = { kind: 'fuzz', seed: 3, kinds: 'golden', programs: 8, lanes: ['linux-6.18'],
  against: { by: 'laws' } };

/** Comes to something else than it did, always the same. */
class Liar extends PerformerHere {
  override async perform(campaign: number, question: Question, unit: Unit, given: unknown): Promise<unknown> {
    const outcome = await super.perform(campaign, question, unit, given) as object;
    return { ...outcome, diverging: 1000 };
  }
}

/** Cannot do it; then it can. */
class Failing extends PerformerHere {
  fails = true;

  override perform(campaign: number, question: Question, unit: Unit, given: unknown): Promise<unknown> {
    return this.fails
      ? Promise.reject(new Error('no room on this machine'))
      : super.perform(campaign, question, unit, given);
  }
}

function campaignsOn(
  name: string,
  open: () => Promise<{ engine: Engine; close: () => Promise<void> }>,
  skip = '',
): void {
  (skip === '' ? describe : describe.skip)(`a campaign on ${name}${skip === '' ? '' : ` (skipped: ${skip})`}`, () => {
    let engine: Engine;
    let close: () => Promise<void> = () => Promise.resolve();
    beforeAll(async () => {
      ({ engine, close } = await open());
    }, WAIT);
    afterAll(() => close(), WAIT);

    const begin = async (
      called: string,
      question: Question,
      share = 0,
      size = 6,
      build = buildHash(),
    ): Promise<Campaign> =>
      beginCampaign(engine.database, engine.queue, { name: called, build, asked: called, question, priority: 0, share,
        units: await cut(question, place(), { size }) });
    const work = async (
      called: string,
      worker: string,
      performer: Performer = new PerformerHere(place()),
      until: (nr: number) => boolean = () => false,
    ): Promise<number> => {
      const ending = new AbortController();
      let units = 0;
      const { units: carried } = await new CampaignWorker(engine.database, engine.queue, { name: worker, kernels: [],
        performer, signal: ending.signal, untilDone: true, only: called, onUnit: () => {
          if (until(++units)) ending.abort();
        } }).run();
      return carried;
    };
    const status = async (called: string): Promise<CampaignStatus> =>
      campaignStatus(engine.database, await campaignNamed(engine.database, called));

    it('finds a planted mutant once, makes it small, names its policy, and keeps it in the journal', async () => {
      const campaign = await begin('mutant', MUTANT, 0.5);
      const carried = await Promise.all([work('mutant', 'm1'), work('mutant', 'm2')]);
      const done = await status('mutant');
      expect(done).toMatchObject({ state: 'done', size: { all: 24, done: 24 }, findings: 1, dead: [],
        again: { open: 0, disputed: 0, settled: 0 } });
      expect(carried[0] + carried[1]).toBe(done.units.all + done.again.agreed);
      const [found] = await findings(engine.database, campaign);
      expect(found).toMatchObject({ policies: ['mutant'],
        cause: { against: 'linux-6.18', shape: 'mmap-anon, pin, fork' } });
      expect(found.steps).toBeLessThanOrEqual(6);
      const journal = await SqlJournal.open(new EngineStore(engine.database));
      expect(await readResults(journal, streamOf(campaign))).toMatchObject({ isWhole: true,
        results: [{ cause: { id: found.cause.id } }] });
      await journal.close();
      const { points } = await growth(engine.database, campaign, [found]);
      expect(points.map(({ programs }) => programs)).toEqual([6, 12, 18, 24]);
      expect(points.at(-1)).toMatchObject({ findings: 1 });
      expect(points.every(({ cells, stepPairs }, at) =>
        at === 0 || (cells >= points[at - 1].cells
          && stepPairs >= points[at - 1].stepPairs)
      )).toBe(true);
      expect(openMetrics([done])).toContain('cowlab_campaign_findings{campaign="mutant",kind="fuzz"} 1\n');
    }, WAIT);

    it('comes to the same outcomes in whichever units arrive first, and on every engine', async () => {
      await begin('again', MUTANT);
      expect(await work('again', 'one', undefined, (nr) => nr === 2)).toBe(2);
      expect(await status('again')).toMatchObject({ state: 'running' });
      await Promise.all([work('again', 'two'), work('again', 'three')]);
      const [{ hash }, { hash: other }] = [await status('mutant'), await status('again')];
      expect(other).toBe(hash);
      SEEN.set(name, hash);
      expect(new Set(SEEN.values()).size).toBe(1);
    }, WAIT);

    it('notices a worker that lies, keeps what two others say, and lets it carry no more', async () => {
      await begin('liar', LAWFUL, 1, 8);
      expect(await work('liar', 'liar', new Liar(place()), (nr) => nr === 1)).toBe(1);
      await Promise.all([work('liar', 'honest'), work('liar', 'honest-too')]);
      const { workers, again, state, units } = await status('liar');
      expect({ again, state, units }).toMatchObject({ again: { settled: 1, disputed: 0 }, state: 'done',
        units: { all: 1 } });
      expect(workers.filter(({ distrusted }) => distrusted).map((worker) => worker.name)).toEqual(['liar']);
      const [{ outcome }] = await engine.database.query(
        `SELECT outcome FROM ${SCHEMA}.unit WHERE campaign = $1`,
        [(await campaignNamed(engine.database, 'liar')).id],
      );
      expect(outcome).toMatchObject({ programs: 8, diverging: 0 });
      await begin('no-liars', LAWFUL, 0, 8);
      await expect(work('no-liars', 'liar')).rejects.toThrow('worker liar: came to other outcomes than two others did');
      await setState(engine.database, await campaignNamed(engine.database, 'no-liars'), 'cancelled');
    }, WAIT);

    it('tries what fails again, lists what fails always, and does it when it is asked to', async () => {
      const campaign = await begin('failing', LAWFUL, 0, 8);
      const performer = new Failing(place());
      const ending = new AbortController();
      const worker = new CampaignWorker(engine.database, engine.queue, { name: 'weak', kernels: [], performer,
        signal: ending.signal, untilDone: true, only: 'failing' });
      const ended = worker.run();
      for (let dead = 0; dead === 0;) {
        await new Promise((later) => setTimeout(later, 200));
        ({ units: { dead } } = await status('failing'));
      }
      expect((await status('failing')).dead).toEqual([{ unit: 'programs linux-6.18 / laws / 0..7',
        why: 'no room on this machine' }]);
      performer.fails = false;
      expect(await engine.queue.retry(campaign.id)).toBe(1);
      expect(await ended).toMatchObject({ units: 1, failed: 3 });
      expect(await status('failing')).toMatchObject({ state: 'done', dead: [] });
    }, WAIT);

    it('searches a race in cells, by two workers, and counts what one machine counts', async () => {
      const campaign = await begin('cells', { kind: 'check', races: ['seqcount'], lanes: 'linux-5.11', memory: ['tso'],
        reduce: false, maxStates: 1_000_000, pieces: 2 });
      await Promise.all([work('cells', 'left'), work('cells', 'right')]);
      const race = readRace('seqcount', cwd);
      const [lane] = await chooseRaceLanes('linux-5.11', race, await openWorkplace(cwd));
      const { states, transitions, depth, finals, verdict } = checkRace(race, lane, { memory: 'tso', explorer: 'bfs' });
      expect(await racesOf(engine.database, campaign)).toMatchObject([{ race: 'seqcount', states, transitions, depth,
        finals, verdict, holds: true }]);
      expect(await status('cells')).toMatchObject({ state: 'done', findings: 0 });
    }, WAIT);

    it('leaves units of another build, of a pause and of a kernel that is not here alone', async () => {
      await begin('other-build', LAWFUL, 0, 8, 'another');
      const paused = await begin('paused', LAWFUL, 0, 8);
      await setState(engine.database, paused, 'paused');
      await begin('kernel', { ...LAWFUL, against: { by: 'kernels', kernels: ['1.0'] } }, 0, 8);
      for (const called of ['other-build', 'paused']) expect(await work(called, 'idle')).toBe(0);
      const ending = new AbortController();
      const idle = new CampaignWorker(engine.database, engine.queue, { name: 'idle', kernels: ['6.18'],
        performer: new PerformerHere(place()), signal: ending.signal, only: 'kernel' }).run();
      await new Promise((later) => setTimeout(later, 1500));
      ending.abort();
      expect(await idle).toMatchObject({ units: 0 });
      await setState(engine.database, paused, 'running');
      expect(await work('paused', 'idle')).toBe(1);
      const cancelled = await campaignNamed(engine.database, 'kernel');
      await setState(engine.database, cancelled, 'cancelled');
      await expect(setState(engine.database, await campaignNamed(engine.database, 'kernel'), 'paused')).rejects.toThrow(
        'kernel: is cancelled; begin another one',
      );
    }, WAIT);
  });
}

/** By engine, the hash of what the mutant's campaign came to. */
const SEEN = new Map<string, string>();

campaignsOn('PGlite', async () => {
  const engine = await openWithQueue('pglite:memory://');
  return { engine, close: () => engine.close() };
});

campaignsOn('PostgreSQL', async () => {
  const server = await TemporaryServer.start();
  const engine = await openWithQueue(server.url);
  return { engine, close: async () => {
    await engine.close();
    await server.stop();
  } };
}, whyNoServer() ?? '');
