/** @cowlab/composition: puts labs together from policies, profiles and options, and compares what becomes of a program in them. */

export { type Catalogue, catalogueOf, type CatalogueSettings, type ProfilePart } from './catalogue.ts';
export { type PluginSource, PluginShelf } from './plugin-shelf.ts';
export { openCatalogue } from './node/open-catalogue.ts';
export { hazardsIn } from './hazards-in.ts';
export { compareScenario, type LaneReport, type PinReport, reportLane, reportStep, type ScenarioComparison, type ScenarioFinding, type SeenReport, type StepReport } from './compare.ts';
export { compareTrace, type TraceComparison, type TraceLaneReport, type TraceParting } from './compare-trace.ts';
export { readRecording } from './read-recording.ts';
export { compose } from './compose.ts';
export { CompositionError } from './composition-error.ts';
export {
  conform, type ConformRequest, emittedRecording, type KernelConformance, profileOf, readPrograms, readRecordingOfKernel,
} from './conform.ts';
export { type CowlabConfig, defineConfig } from './config.ts';
export { chooseLanes, DEFAULT_LANES } from './default-lanes.ts';
export { copiedAtFork, type ExpectationResult, judge } from './expect.ts';
export { type FuzzHere, fuzzHere, type FuzzRequest } from './fuzz.ts';
export { findInput, type Input, readScenario, readText, type RecordingFiles } from './inputs.ts';
export {
  fetchKernels, kernelFetched, type KernelRecording, type KernelRecordRequest, kernelsAvailable, type KernelsAvailable, kernelsFetched, type KernelsRequest, recordOnKernel, whyNotBoot,
} from './kernels.ts';
export { type Lane, type Layer, resolveLanes } from './lanes.ts';
export { type LiveCase, liveCase, readLiveCases } from './live-cases.ts';
export { LiveConform, type LiveConformSettings, type LiveMeeting, type LiveVerdict } from './live-conform.ts';
export { lookAtPage, lookAtPages, type PinLook, type PinnedPage, type PinnedPageState } from './look.ts';
export { type Matrix, type MatrixCell, type MatrixColumn, matrixColumns, type MatrixFigures, matrixFigures, type MatrixFinding, runMatrix } from './matrix.ts';
export type { MatrixDifference } from './matrix-agreement.ts';
export { type Generation, GENERATIONS, generationOf } from './matrix-document.ts';
export { type ChildSight, MATRIX_LETTERS, type SituationOutcome } from './matrix-outcome.ts';
export { chooseSituations, type Situation } from './matrix-situations.ts';
export { readSituations } from './read-situations.ts';
export { eventText, type Parting } from './parting.ts';
export { BUILT_IN } from './built-in.ts';
export { type Chosen, type Profile, type Profiles, PROFILES } from './profiles.ts';
export { type RecordedHere, recordHere, whyNotRecord } from './record.ts';
export { expectedFailure } from './expected-failure.ts';
export { runSuite, SUITE_OUTCOMES, type SuiteCell, type SuiteFigures, suiteFigures, type SuiteOutcome, type SuiteRun } from './suite.ts';
export { readSuite, type SuiteFile, suiteNames } from './suite-files.ts';
export { pinLook, type RanStep, runScenario, type ScenarioRun } from './scenario-run.ts';
export { stormHere, whyNotStorm } from './storm-here.ts';
export { type StormLook, stormLook } from './storm.ts';
export { type MachineSettings, type Token, Tokens } from './tokens.ts';
export { reportWorld, taskMms, type WorldReport } from './world-report.ts';
export * from './check-entry.ts';
// What front ends and examples need of the packages below.
export type { LogEntry } from '@cowlab/core';
export { definePolicy, HAZARDS, type HazardId, isHazardId, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
export { type CostCounters, type Finding, formatLog, Lab, LogError, readLog, replay, type SavedLog } from '@cowlab/runtime';
export { isStorm, type LiveCan, limitsOf } from '@cowlab/oracle/live';
export type { StormCount, StormMissing, StormReport, StormSettings } from '@cowlab/oracle/live';
export { type FetchedKernel, type KernelPackage, newestOfSeries } from '@cowlab/oracle/live';
export { type Cause, causesOf, type Divergence, type Observation, type Recording } from '@cowlab/oracle';
export { differenceLines, FUZZ_KINDS, type FuzzFinding, type FuzzKinds, type FuzzProgress, type SavedFinding } from '@cowlab/oracle/live';
export { formatPrograms, parseScenario, type Program, type Scenario, scenario, ScenarioError } from '@cowlab/scenario';
export { planReplay, type RegisteredPage, type RegisteredReport, TraceError, type TracePlan } from '@cowlab/trace';
