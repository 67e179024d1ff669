/** cowlab/policy: what the author of a policy imports, hooks, verdicts and views included. */

export * from '@cowlab/plugin-api';
