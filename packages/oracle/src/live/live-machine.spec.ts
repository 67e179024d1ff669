/** Steps that recordings do not have, users other than root, and steps that hang: on the kernel of this machine. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePrograms, type Program } from '@cowlab/scenario';
import { whyNoAgent, whyNotLive } from './agent.ts';
import { LiveMachine } from './live-machine.ts';

/** Whoever else asks this kernel comes first. */
const MINUTES = 600_000;
const [program] = parsePrograms(`prog x
watch 0 0
mmap 0 0 anon 1
write 0 0 0 1
thread 0 1
write 1 0 0 2
fork 1 2
exec 0
read 0 0 0
write 2 0 0 3
exit 1
read 2 0 0
pvread 2 0 0
vmsplice 2 0 0 0 1
write 2 0 0 4
end`, 'x');
const values = async (machine: LiveMachine, asked: Program): Promise<unknown> => {
  const run = await machine.run(asked);
  if (!('observations' in run)) return run;
  return run.observations.map((
    { ret, err, o, v },
  ) => [err ?? ret, ...Object.values(o).map(({ 0: [entry] }) => (entry === 0 ? '-' : entry[1])),
    ...(v === undefined ? [] : [v])]
  );
};
/** Result, what each process sees, what the pipe holds. */
const SEEN = [[0, '-'], [0, 1], [1, 1, 1], [0, 2, 2], [2, 2, 2, 2], [0, '-', 2, 2], ['SIGSEGV', '-', 2, 2], [0, '-', 2,
  3], [0, '-', 3], [3, '-', 3], [3, '-', 3], [4096, '-', 3, { 0: [3] }], [0, '-', 4, { 0: [4] }], [undefined, '-', 4, {
  0: [4],
}]];

const reason = whyNotLive();
(reason === null ? describe : describe.skip)(
  `the kernel of this machine, asked by root${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('takes threads and execve(): a thread shares the mm, execve() leaves it', async () => {
      const machine = await LiveMachine.open();
      try {
        expect(await values(machine, program)).toEqual(SEEN);
      } finally {
        await machine.close();
      }
    }, MINUTES);

    it('has a hugetlb pool of the size that each program asks for', async () => {
      const mapped: Program = { watch: {}, steps: [{ op: 'mmap', p: 0, r: 0, kind: 'huge', nr: 1024 }], pool: 64 };
      const machine = await LiveMachine.open();
      try {
        const errs: unknown[] = [];
        for (const pool of [64, 1, 2, 1, 64]) {
          const run = await machine.run({ ...mapped, pool });
          errs.push('observations' in run ? run.observations[0].err ?? 'ok' : run);
        }
        expect(errs).toEqual(['ok', 'ENOMEM', 'ok', 'ENOMEM', 'ok']);
      } finally {
        await machine.close();
      }
    }, MINUTES);

    it('names what it lacks and what hung, and goes on with the next program', async () => {
      const machine = await LiveMachine.open({ stepSeconds: 1 });
      try {
        expect(await machine.run({ ...program, steps: [{ op: 'spin', p: 0, slot: 0, r: 0, start: 0, nr: 1 }] }))
          .toEqual({ missing: 'spin: no system call holds it' });
        // The process that is stopped is asked for something at every step.
        expect(await stoppedIn(machine, 'read 0 0 0', 0, [])).toEqual({ failure: 'a process does not answer',
          step: expect.any(Number) });
        expect(await values(machine, program)).toEqual(SEEN);
        // Process 1 has nothing to look at, so its end is the first thing that it is asked for. Then the agent itself
        // hangs.
        expect(await stoppedIn(machine, 'read 0 0 0', 1, ['fork 0 1'])).toEqual({ failure: 'does not end within 2 s',
          step: LONG + 3 });
        expect(await values(machine, program)).toEqual(SEEN);
      } finally {
        await machine.close();
      }
    }, MINUTES);

    it('lets another user see values and errnos, and says what that user lacks', async () => {
      const { XDG_CACHE_HOME } = process.env;
      const folder = mkdtempSync(join(tmpdir(), 'cowlab-nobody-'));
      process.env.XDG_CACHE_HOME = folder;
      try {
        chmodSync(folder, 0o755);
        const machine = await LiveMachine.open({ uid: 65534 });
        try {
          expect(machine.can).toMatchObject({ frames: false, presence: true, pool: false, khugepagedSleeps: false });
          expect(await values(machine, program)).toEqual(SEEN);
        } finally {
          await machine.close();
        }
      } finally {
        if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
        rmSync(folder, { recursive: true });
      }
    }, MINUTES);
  },
);

const LONG = 4000;

/** A long program of which process `p` is stopped while it runs; process 1 exits at its end. */
async function stoppedIn(machine: LiveMachine, step: string, p: number, before: readonly string[]): Promise<unknown> {
  const known = new Set(targets());
  const [long] = parsePrograms(
    ['prog x', 'watch 0 0', ...before, 'mmap 0 0 anon 1', 'write 0 0 0 1', ...Array.from({ length: LONG }, () => step),
      ...(p === 1 ? ['exit 1'] : []), 'end'].join('\n'),
    'x',
  );
  const running = machine.run(long);
  let over = false;
  void running.finally(() => (over = true));
  for (let its: number[] = [], looks = 0; !over && its.length <= p && looks < LONG; looks++) {
    await new Promise((resolve) => setImmediate(resolve));
    its = targets().filter((pid) => !known.has(pid));
    if (its.length > p) process.kill(its[p], 'SIGSTOP');
  }
  return running;
}

/** Children of the children of the agents that this process started, oldest first. */
function targets(): number[] {
  const parents = new Map(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name): [number, number][] => {
      try {
        return [[Number(name),
          Number(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1])]];
      } catch {
        return [];
      }
    }),
  );
  const above = (
    pid: number,
    levels: number,
  ): number => (levels === 0 ? pid : above(parents.get(pid) ?? 0, levels - 1));
  return [...parents.keys()].filter((pid) => above(pid, 3) === process.pid).sort((a, b) => a - b);
}

const noAgent = whyNoAgent();
(noAgent === null ? describe : describe.skip)(`the agent${noAgent === null ? '' : ` (skipped: ${noAgent})`}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cowlab-agent-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is compiled where there is no home to keep it in', async () => {
    const { XDG_CACHE_HOME, TMPDIR } = process.env;
    // A file: nothing can be made in it, even by root.
    process.env.XDG_CACHE_HOME = '/proc/version';
    process.env.TMPDIR = folder;
    try {
      const machine = await LiveMachine.open();
      await machine.close();
      expect(readdirSync(join(folder, `cowlab-${process.geteuid?.()}`))).toEqual([
        expect.stringMatching(/^runner-[0-9a-f]{16}$/),
        expect.stringMatching(/^runner-[0-9a-f]{16}\.sha256$/),
      ]);
    } finally {
      for (const [name, value] of Object.entries({ XDG_CACHE_HOME, TMPDIR })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  }, MINUTES);
});
