/**
 * However a run ends, the settings of the machine are as they were and no process is left. A parent that stands for
 * cowlab starts the agent, is at work, and is ended in the ways in which people and machines end programs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { formatPrograms, type Program } from '@cowlab/scenario';
import { whyNotLive } from './agent.ts';
import { settingsAtRest, whyNotAtRest } from './at-rest.ts';
import { compiled } from './compile.ts';
import { readUndoRecord } from './undo-record.ts';

/** Whoever else asks this kernel comes first. */
const MINUTES = 600_000;
const POOL = '/proc/sys/vm/nr_hugepages';

const STEPS = 4000;
const FOLIOS = '/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled';
/** Processes that sleep, and one that is at work for longer than it is left to. */
const busy: Program = {
  id: '0',
  pool: 3,
  ...(existsSync(FOLIOS) && { settings: { thp: 'always', mthp: { '64k': 'always' } } }),
  watch: { 0: [0] },
  steps: [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 1 }, { op: 'fork', p: 0, child: 1 }, { op: 'thread', p: 1,
    child: 2 }, { op: 'exec', p: 1 }, { op: 'fork', p: 1, child: 3 },
    ...Array.from({ length: STEPS }, () => ({ op: 'write', p: 0, r: 0, page: 0, value: 1 }) as const)],
};
const PARENT = `
  const agent = require('node:child_process').spawn(process.argv[1], [], { stdio: ['pipe', 'pipe', 'inherit'] });
  agent.stdin.write(require('node:fs').readFileSync(0));
  agent.stdout.once('data', () => console.log(agent.pid));
`;

/** A process group of its own, as a shell makes it, in the middle of its work. */
async function started(): Promise<{ readonly parent: ChildProcess; readonly agent: number }> {
  const parent = spawn(process.execPath, ['-e', PARENT, compiled('runner')], { detached: true,
    stdio: ['pipe', 'pipe', 'ignore'] });
  parent.stdin.end(formatPrograms(Array.from({ length: 200 }, (_, at) => ({ ...busy, id: String(at) }))));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  return { parent, agent: Number(line.toString()) };
}

/** Its processes, but for those that are dead and only not yet waited for by whoever inherited them. */
function groupOf(group: number): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
    try {
      const [state, , pgrp] = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      return Number(pgrp) === group && state !== 'Z';
    } catch {
      return false;
    }
  });
}

const reason = whyNotLive() ?? whyNotAtRest();
(reason === null ? describe : describe.skip)(
  `the kernel of this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it.each([
      ['Ctrl-C', ({ pid }: ChildProcess) => process.kill(-Number(pid), 'SIGINT')],
      ['SIGTERM to the agent alone', (_: ChildProcess, agent: number) => process.kill(agent, 'SIGTERM')],
      ['SIGKILL of cowlab', ({ pid }: ChildProcess) => process.kill(Number(pid), 'SIGKILL')],
      ['SIGKILL of the agent', (_: ChildProcess, agent: number) => process.kill(agent, 'SIGKILL')],
    ])('is as it was after %s', async (_, end) => {
      const before = settingsAtRest();
      const { parent, agent } = await started();
      expect(['3', '64']).toContain(readFileSync(POOL, 'utf8').trim());
      expect(groupOf(Number(parent.pid)).length).toBeGreaterThan(2);
      const gone = once(parent, 'exit');
      end(parent, agent);
      expect(settingsAtRest()).toBe(before);
      if (parent.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL');
      await gone;
      expect(groupOf(Number(parent.pid))).toEqual([]);
    }, MINUTES);

    it.each([0, 7, 40])('is as it was after the next start where all was killed at once, after %d ms', async (ms) => {
      const before = settingsAtRest();
      const { parent, agent } = await started();
      await new Promise((resolve) => setTimeout(resolve, ms));
      // Stopped first: nobody of them sees another one die and mends.
      process.kill(-Number(parent.pid), 'SIGSTOP');
      process.kill(-Number(parent.pid), 'SIGKILL');
      if (parent.exitCode === null && parent.signalCode === null) await once(parent, 'exit');
      const record = readUndoRecord();
      // Another run may have come first, which mended it.
      if (record?.pid === agent) expect([record.isOwned, record.before.pool]).toEqual([false, before.split('\n')[0]]);
      const next = await started();
      next.parent.kill('SIGKILL');
      expect(settingsAtRest()).toBe(before);
      // None, or of another run that has begun by now.
      expect(readUndoRecord()?.isOwned ?? true).toBe(true);
    }, MINUTES);
  },
);
