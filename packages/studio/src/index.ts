/** @cowlab/studio: pages over time, as a web page in which the model itself runs. */

export { CELL, CellPainter, VALUE_SHIFT } from './model/cells.ts';
export { layoutOf, cellOf, pageAt, type Layout } from './model/layout.ts';
export { openLogs, runText, type LaneRun, type Session } from './model/lane-run.ts';
export { pageStory, type StoryLine } from './model/page-story.ts';
export { type MachineLimits, TimeMachine } from './model/time-machine.ts';
