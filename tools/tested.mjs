// What `npm test` has tested already: a run that passed leaves a stamp over everything it depends on, and a second run
// with nothing changed is told by it. Another Node, kernel or user is another run: live tests ask the machine.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './workspace.mjs';

const FILE = join(root, 'node_modules/.cache/cowlab/tested.json');

/** Of every file that git tracks or would; null where there is no git. */
export function treeStamp() {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  if (listed.status !== 0) return null;
  const hash = createHash('sha256').update([process.version, process.platform, release(), process.geteuid?.()].join());
  for (const file of listed.stdout.split('\0').sort()) {
    const path = join(root, file);
    if (file !== '' && existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** What that run counted, if this very tree passed; else null. */
export function testedAlready(stamp) {
  if (stamp === null || process.env.CI !== undefined || !existsSync(FILE)) return null;
  try {
    const before = JSON.parse(readFileSync(FILE, 'utf8'));
    return before.stamp === stamp ? before.counts : null;
  } catch {
    return null;
  }
}

export function rememberTested(stamp, counts) {
  if (stamp === null || stamp !== treeStamp()) return;
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify({ stamp, counts })}\n`);
}
