/** @cowlab/checker: every interleaving of kernel paths on one world, and the trails of those that break something. */

export { check, type CheckedLane, type CheckOptions, type CheckResult } from './check.ts';
export { type Lawful, lawful, type LawLimits } from './laws.ts';
export { promela, promelaOf } from './export/promela.ts';
export { formatRaceStep, type RaceStep } from './machine/operations.ts';
export { type Weakening, WEAKENINGS } from './memory/orders.ts';
export { formatRace, formatVerdict } from './race/format-race.ts';
export { parseRace, raceFaults } from './race/parse-race.ts';
export { RACE_TERMS, RACE_VALUES } from './race/vocabulary.ts';
export { ask, type Question } from './race/question.ts';
export type { ProgramSetup, Race, RaceActor, Verdict } from './race/race.ts';
export { type BrokenSpec, DEFAULT_SPECS, type SpecName, SPECS } from './race/specs.ts';
export { randomRace } from './race/random-race.ts';
export { replaySchedule } from './trail/trail-of.ts';
export { claimOf } from './race/verdict.ts';
export type { CoarseStep } from './search/between.ts';
export { exhaust, type Exhausted, type Progress, type SearchOptions } from './search/exhaust.ts';
export { MEMORIES, type Memory } from './memory/memory.ts';
export { persistent } from './search/reduce.ts';
export { symmetry } from './search/symmetry.ts';
export { diagram, type DiagramOptions } from './trail/diagram.ts';
export { explain } from './trail/explain.ts';
export { mermaid } from './trail/mermaid.ts';
export { perfetto, type PerfettoEvent, type PerfettoTrace } from './trail/perfetto.ts';
export { actorLetter, formatSchedule, parseSchedule, ScheduleError, type ScheduleStep } from './trail/schedule.ts';
export type { Trail, TrailStep, WordAccess } from './trail/trail.ts';
