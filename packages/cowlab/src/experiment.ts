/** cowlab/experiment: one program under several lanes and where they part; every situation on every kernel. */

export * from '@cowlab/experiments/compare';
export * from '@cowlab/experiments/matrix';
