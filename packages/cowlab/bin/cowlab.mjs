#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = import.meta.resolve('@cowlab/cli/main');

// Looking first, not catching: a missing module *inside* the build must show its own error.
if (existsSync(fileURLToPath(main))) {
  await import(main);
} else {
  console.error('cowlab is not built yet: run `npm start` or `npm test` once');
  process.exitCode = 2;
}
