/** cowlab/experiment: lanes compared, the matrix, and sweeps: parameters, workloads, measures. */

export * from '@cowlab/experiments/compare';
export * from '@cowlab/experiments/matrix';
export * from '@cowlab/experiments/sweep';
