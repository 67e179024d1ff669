#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);

// Looking first, not catching: a missing module *inside* the build must show its own error.
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('cowlab is not built yet: run `npm start` or `npm test` once');
  process.exitCode = 2;
}
