// `npm run studio:test`: the studio in a real browser, all of it. COWLAB_DOCS=update takes its pictures for the docs anew.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(root, 'node_modules/jest/bin/jest.js');
const args = ['--testMatch', '**/studio/src/browser/*.wide.ts', '--testMatch', '**/studio/src/browser/*.spec.ts'];
process.exitCode = spawnSync(process.execPath, [...flags, jest, ...args, '--runInBand', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
}).status ?? 1;
