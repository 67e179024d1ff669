/**
 * @cowlab/trial: one scenario in one lab: run it, look at its pages, hold it to what it expects, find where two part.
 */

export { copiedAtFork, type ExpectationResult, expectationTexts, judge, saidOf } from './expect.ts';
export { expectedFailure } from './expected-failure.ts';
export { hazardsIn } from './hazards-in.ts';
export { eventText, type Happening, happeningText, type Parting, partingOf, type StepLog } from './parting.ts';
export { lookAtPage, lookAtPages, type PinLook, type PinnedPage, type PinnedPageState } from './pinned-pages.ts';
export { pinLook, type RanStep, runScenario, scenarioSteps, type ScenarioRun } from './scenario-run.ts';
export { type StormLook, stormLook } from './storm-look.ts';
export { reportWorld, TaskMms, taskMms, type WorldReport } from './world-report.ts';
