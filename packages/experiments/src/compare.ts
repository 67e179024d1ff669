/** @cowlab/experiments/compare: one program under several lanes, and where they part. */

export { compareTrace, type TraceComparison, type TraceLaneReport,
  type TraceParting } from './compare/compare-trace.ts';
export { compareScenario, type LaneReport, type PinReport, reportLane, reportStep, type ScenarioComparison,
  type ScenarioFinding, type SeenReport, type StepReport } from './compare/compare.ts';
