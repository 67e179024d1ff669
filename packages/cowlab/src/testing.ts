/** cowlab/testing: the contract of a policy, a given/when/then lab and random programs. It needs fast-check beside it. */

export * from '@cowlab/testing';
