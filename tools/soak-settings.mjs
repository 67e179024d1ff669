// `npm run soak -- --settings --kills 100`: a live run whose whole process group is killed at a random moment, again and again;
// after the next start all settings of the machine are as they were. Each round waits for its turn with others that ask
// this kernel.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const BIN = join(root, 'packages/cowlab/bin/cowlab.mjs');
const PROGRAM = (id) =>
  `prog ${id}\npool 3\nwatch 0 0 1\nmmap 0 0 huge 1024\nwrite 0 0 0 17\nfork 0 1\nwrite 1 0 0 9\nend\n`;

/** @returns whether all was put back, and a sentence about what was seen */
export async function soakSettings(kills, progress) {
  const { settingsAtRest } = await import(join(root, 'packages/oracle/dist/live/at-rest.js'));
  const { readUndoRecord } = await import(join(root, 'packages/oracle/dist/live/undo-record.js'));
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-settings-'));
  try {
    writeFileSync(join(folder, 'many.programs.txt'), Array.from({ length: 400 }, (_, at) => PROGRAM(at)).join(''));
    writeFileSync(join(folder, 'one.programs.txt'), PROGRAM(0));
    const record = (name) => [BIN, 'record', `${name}.programs.txt`, '--out', `${name}.jsonl`, '--force'];
    const whole = () => {
      const { status, stderr } = spawnSync(process.execPath, record('one'), { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr.trim());
    };
    // It compiles the agent, and mends what an earlier run may have left.
    whole();
    const before = settingsAtRest();
    const began = performance.now();
    spawnSync(process.execPath, record('many'), { cwd: folder });
    const took = performance.now() - began;
    let changed = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const child = spawn(process.execPath, record('many'), { cwd: folder, detached: true, stdio: 'ignore' });
      await new Promise((done) => setTimeout(done, Math.random() * took));
      // Stopped first: nobody of them sees another one die and mends.
      for (const signal of ['SIGSTOP', 'SIGKILL']) {
        try {
          process.kill(-child.pid, signal);
        } catch {
          // It had come to its end.
        }
      }
      if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done));
      if (readUndoRecord()?.isOwned === false) changed++;
      whole();
      const after = settingsAtRest();
      if (after !== before)
        return { holds: false,
          seen: `after kill ${kill} the settings are ${JSON.stringify(after)}, and were ${JSON.stringify(before)}` };
      progress(`${kill} of ${kills} kills, ${changed} of them in the middle of changed settings`);
    }
    return { holds: changed > 0,
      seen: `${kills} kills of the whole group, ${changed} of them while settings were changed: all put back` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
