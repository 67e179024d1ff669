/** @cowlab/experiments/charts: a sweep's table as a picture, and as columns for other programs. */

export { sweepArrow } from './charts/sweep-arrow.ts';
export { type ChartOptions, sweepChart } from './charts/sweep-chart.ts';
