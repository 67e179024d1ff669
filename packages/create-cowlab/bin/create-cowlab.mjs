#!/usr/bin/env node
import { main } from '@cowlab/cli';

process.exitCode = await main(['init', ...process.argv.slice(2)], {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  env: process.env,
});
