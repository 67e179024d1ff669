// Loaded through ts-node (its options are in tsconfig.json) and run by tools/test.mjs, which sets the Node flags.
import { existsSync } from 'node:fs';
import type { Config } from 'jest';

const config: Config = {
  // Each root must exist.
  roots: ['packages', 'plugins', 'examples', 'editors'].filter((dir) => existsSync(dir)).map((dir) =>
    `<rootDir>/${dir}`
  ),
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // `@cowlab/*` resolves to sources: specs need no build and can never see a stale one.
  testEnvironmentOptions: { customExportConditions: ['@cowlab/source', 'node', 'node-addons'] },
  // Types are checked once, by tsc over tsconfig.check.json; here files are only transpiled.
  transform: {
    '\\.ts$': ['<rootDir>/tools/jest-transform.mjs', { useESM: true, tsconfig: '<rootDir>/tsconfig.check.json' }],
  },
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  maxWorkers: 2,
};

export default config;
