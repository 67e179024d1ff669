/** @cowlab/testing: a lab for specs, random programs, the laws they must keep, and the contract of a policy. */

export { type ProgramOptions, programs } from './programs/arbitraries.ts';
export { contractChecks, type ContractCheck, type ContractOptions, type HazardScenario,
  policyContract } from './contract.ts';
export { failedForkChangesNoByte, leavesNothing, reusesRoom, survivesFailedAllocation } from './laws/failure-laws.ts';
export { given, type Lab, type LabOptions, type Then, type When } from './lab.ts';
export { answers, asksOnce, bulkEqualsStepped, type Case, LawBroken, replays, roomChangesNothing, runsAlike, staysSound,
  worldIsAll } from './laws/laws.ts';
export { memoryHolds } from './laws/memory-law.ts';
export { overlaysUpTo } from './overlays.ts';
export { overlayOf, type PolicyLike, stackOf } from './policy.ts';
export type { Runner } from './runner.ts';
export { runsOf } from './programs/runs.ts';
export type { SeedOp } from './programs/seeds.ts';
export { type Stack, STACKS } from './stacks.ts';
