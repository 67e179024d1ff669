/** @cowlab/campaign: work that outgrows one evening, in units that any number of workers carry. */

export { CampaignError } from './campaign-error.ts';
export type { Database, Queries } from './engine/database.ts';
export { type Engine, openToLook, openWithQueue } from './engine/engine.ts';
export type { EngineSettings } from './engine/open-engine.ts';
export { buildHash } from './plan/build-hash.ts';
export { type Cut, cut } from './plan/cut.ts';
export type { Against, CheckQuestion, ConformQuestion, FuzzQuestion, Question,
  SweepQuestion } from './plan/question.ts';
export { hashOf, type Unit, unitKey } from './plan/unit.ts';
export { deadTickets, UnitQueue } from './queue/unit-queue.ts';
export { type Growth, growth, type GrowthPoint } from './report/growth.ts';
export { openMetrics } from './report/open-metrics.ts';
export { conformanceOf, racesOf } from './report/outcomes.ts';
export { campaignStatus, type CampaignStatus, type Remaining, type WorkerStatus } from './report/status.ts';
export { sweepTableOf } from './report/sweep-table.ts';
export { beginCampaign, type Campaign, campaignNamed, campaigns, type CampaignState, type NewCampaign,
  setState } from './store/campaigns.ts';
export { type Finding, findings } from './store/findings.ts';
export { streamOf } from './store/kept-findings.ts';
export type { RaceOutcome } from './work/check-work.ts';
export type { WorkPlace } from './work/workshop.ts';
export { kernelsHere } from './worker/kernels-here.ts';
export { type Performer, performerAt, PerformerHere } from './worker/performer.ts';
export { CampaignWorker, type WorkerReport, type WorkerSettings } from './worker/worker.ts';
