/** @cowlab/experiments/charts: a sweep's table as a picture. */

export { type ChartOptions, sweepChart } from './charts/sweep-chart.ts';
