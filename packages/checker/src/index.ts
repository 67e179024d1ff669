/** @cowlab/checker: every interleaving of kernel paths on one world, and the trails of those that break something. */

export { diagram, type DiagramOptions } from './trail/diagram.ts';
export { explain } from './trail/explain.ts';
export { mermaid } from './trail/mermaid.ts';
export { perfetto, type PerfettoEvent, type PerfettoTrace } from './trail/perfetto.ts';
export { actorLetter, formatSchedule, parseSchedule, ScheduleError, type ScheduleStep } from './trail/schedule.ts';
export type { Trail, TrailStep, WordAccess } from './trail/trail.ts';
