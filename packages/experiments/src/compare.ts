/** @cowlab/experiments/compare: one program under several lanes, and where they part. */

export { compareTrace, traceComparisonSteps, type TraceComparison, type TraceLaneReport,
  type TraceParting } from './compare/compare-trace.ts';
export { compareScenario, comparisonSteps, type LaneReport, type PinReport, reportLane, reportStep,
  type ScenarioComparison, type ScenarioFinding, type SeenReport, type StepReport } from './compare/compare.ts';
export type { Moment } from './compare/moments.ts';
