// One child process for one mutant, with a limit for each spec: what does not come to an end is killed, and that is a
// failure that `npm test` would have too.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { root } from '../workspace.mjs';
import { cache } from './layout.mjs';

/** Nobody runs on when this process is told to stop. */
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) child.kill('SIGKILL');
    process.exit(130);
  });
}

const RUNNER = fileURLToPath(new URL('run-specs.mjs', import.meta.url));
let nr = 0;

/**
 * @param task what run-specs.mjs reads
 * @param limitMs of a spec, in time of the processor where the system tells it
 * @param learn is told what the baseline says of each spec
 * @returns {Promise<{ failed: boolean, spec?: string, what?: string }>}
 */
export function runSpecs(task, limitMs, learn = () => undefined) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `task-${process.pid}-${nr++ % 64}.json`);
  writeFileSync(file, JSON.stringify(task));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--max-old-space-size=2048', '--disable-warning=ExperimentalWarning', RUNNER,
      file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    humble(child);
    let out = '';
    let complaint = '';
    let now = task.specs[0];
    let said = null;
    let stopped = null;
    let since = cpuMs(child.pid);
    const timer = setInterval(() => {
      if (cpuMs(child.pid) - since <= limitMs(now)) return;
      stopped = `no end within ${Math.round(limitMs(now) / 1000)} s`;
      child.kill('SIGKILL');
    }, 500);
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const lines = out.split('\n');
      out = lines.pop();
      for (const line of lines) {
        if (!line.startsWith('{"')) continue;
        const told = parsed(line);
        if (told?.begins !== undefined) {
          now = told.begins;
          since = cpuMs(child.pid);
        } else if (told?.about !== undefined) learn(told);
        else if (typeof told?.failed === 'boolean') said = told;
      }
    });
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-2000);
    });
    child.on('close', () => {
      clearInterval(timer);
      if (stopped !== null) return resolve({ failed: true, spec: now, what: stopped });
      if (said !== null) return resolve(said);
      resolve({ failed: true, spec: now, what: `died: ${complaint.trim().split('\n').at(-1) ?? ''}` });
    });
  });
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** It gives way to whoever works here, and does not outlive this process. */
export function humble(child) {
  running.add(child);
  child.on('exit', () => running.delete(child));
  try {
    setPriority(child.pid, constants.priority.PRIORITY_LOW - 9);
  } catch {
    // It is gone already, and says so itself.
  }
}

/** What a process has used of the processor; where /proc is not, the clock. */
export function cpuMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    // utime and stime, in hundredths of a second.
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}
