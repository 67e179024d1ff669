/** cowlab/check: every order of a race, with plain and with buffered stores, and the trail of one that breaks. */

export * from '@cowlab/checker';
export * from '@cowlab/experiments/check';
