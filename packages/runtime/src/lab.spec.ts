import { afterEach, describe, expect, it } from '@jest/globals';
import { type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, type Overlay, PolicyError, PROT_READ,
  PROT_WRITE, stackPolicies, toyGeometry } from '@cowlab/core';
import { config } from 'rxjs';
import { type Committed, Lab } from './lab.ts';
import { readLog } from './log/read-log.ts';
import { replay } from './log/replay.ts';
import { formatLog } from './log/write-log.ts';

const naive: Overlay = { id: 'naive',
  hooks: { onWriteFault: (page) => (page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy') } };
const START: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
];
const store = (task: number, vpn: number, nr: number, value: number): Command => ({ type: 'Store', task, vpn, nr,
  value });

function startedLab(options: { readonly overlays?: readonly Overlay[]; readonly snapshotEvery?: number } = {}): Lab {
  const lab = new Lab({ policy: stackPolicies(options.overlays ?? [naive]), geometry: toyGeometry(),
    ...(options.snapshotEvery === undefined ? {} : { snapshotEvery: options.snapshotEvery }) });
  for (const command of START) lab.execute(command);
  return lab;
}

/** Errors of subscribers go to the host; here they are caught. */
function hostErrors(): unknown[] {
  const errors: unknown[] = [];
  config.onUnhandledError = (error: unknown) => errors.push(error);
  return errors;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

afterEach(() => {
  config.onUnhandledError = null;
});

describe('a lab', () => {
  it('logs one entry per command, refused commands too', () => {
    const lab = startedLab();
    const refused = lab.execute(store(0, 1, 1, 9));
    expect(refused).toMatchObject({ position: 2, events: [], result: { ok: false, errno: 'SIGSEGV' } });
    expect(lab.log.map(({ position, command }) => [position, command.type])).toEqual([[0, 'Spawn'], [1, 'Mmap'], [2,
      'Store']]);
  });

  it('has changed the world and the log before subscribers hear of it', () => {
    const lab = startedLab();
    const seen: unknown[] = [];
    lab.commits$.subscribe((entry) => seen.push([lab.world.page(0, 4).value, lab.log.at(-1) === entry]));
    lab.execute(store(0, 4, 1, 7));
    expect(seen).toEqual([[7, true]]);
  });

  it('publishes the facts of a command with the command', () => {
    const lab = startedLab();
    const seen: Committed[] = [];
    lab.events$.subscribe((committed) => seen.push(committed));
    const entry = lab.execute(store(0, 4, 1, 7));
    expect(seen).toEqual(entry.events.map((event) => ({ position: 2, command: store(0, 4, 1, 7), event })));
    expect(seen.map(({ event }) => event.type)).toContain('PagesStored');
  });

  it('keeps its log when a subscriber throws, and tells the other subscribers', async () => {
    const errors = hostErrors();
    const lab = startedLab();
    const seen: string[] = [];
    lab.commits$.subscribe(() => {
      throw new Error('subscriber one');
    });
    lab.events$.subscribe(() => {
      throw new Error('subscriber two');
    });
    lab.commits$.subscribe(({ command }) => seen.push(command.type));
    lab.execute(store(0, 4, 1, 7));
    lab.execute({ type: 'Fork', task: 0, child: 1 });
    await turn();
    expect(lab.log.map(({ command }) => command.type)).toEqual(['Spawn', 'Mmap', 'Store', 'Fork']);
    expect(seen).toEqual(['Store', 'Fork']);
    expect(new Set(errors.map((error) => (error as Error).message))).toEqual(
      new Set(['subscriber one', 'subscriber two']),
    );
    expect(replay(readLog(formatLog(lab), 'x')).hash()).toBe(lab.world.hash());
  });

  it('publishes what a subscriber executes after what it was told, to everybody in one order', () => {
    const lab = startedLab();
    const orders: number[][] = [[], []];
    lab.commits$.subscribe(({ position, command }) => {
      orders[0].push(position);
      if (command.type === 'Fork') lab.execute({ type: 'Exit', task: 1 });
    });
    lab.commits$.subscribe(({ position }) => orders[1].push(position));
    lab.execute({ type: 'Fork', task: 0, child: 1 });
    expect(orders).toEqual([[2, 3], [2, 3]]);
    expect(lab.log.map(({ command }) => command.type).slice(2)).toEqual(['Fork', 'Exit']);
  });

  it('keeps what was asked when the caller uses its object again', () => {
    const lab = startedLab();
    const command = { type: 'Store' as const, task: 0, vpn: 4, nr: 1, value: 1 };
    lab.execute(command);
    command.value = 2;
    expect(lab.log[2].command).toEqual(store(0, 4, 1, 1));
  });

  it.each<[string, unknown]>([
    ['Store.vpn is null, not a value for count', store(0, NaN, 1, 1)],
    ['Store.nr is 1.5, not a value for count', store(0, 4, 1.5, 1)],
    ['Fork.child is "1", not a number', { type: 'Fork', task: 0, child: '1' }],
    ['Load has an unknown field "vnp"', { type: 'Load', task: 0, vpn: 4, nr: 1, vnp: 4 }],
    ['unknown command type "Vfork"', { type: 'Vfork', task: 0 }],
  ])('refuses a command that no log could hold and goes on: %s', (message, command) => {
    const lab = startedLab();
    const before = lab.world.hash();
    expect(() => lab.execute(command as Command)).toThrow(new TypeError(`lab 'lab': ${message}`));
    expect([lab.world.hash(), lab.log.length]).toEqual([before, 2]);
    expect(lab.execute(store(0, 4, 1, 7)).result.ok).toBe(true);
  });

  it('completes its streams when it is closed, and takes no command afterwards', () => {
    const lab = startedLab();
    let completed = 0;
    lab.commits$.subscribe({ complete: () => completed++ });
    lab.events$.subscribe({ complete: () => completed++ });
    lab.tracepoints.on('step', () => undefined);
    lab.close();
    expect([completed, lab.tracepoints.listenerCount('step')]).toEqual([2, 0]);
    expect(() => lab.execute(store(0, 4, 1, 7))).toThrow("lab 'lab': Store after close(); make a new lab");
    expect(lab.log).toHaveLength(2);
  });

  it('keeps the world every few commands, untouched by later ones', () => {
    const lab = startedLab({ snapshotEvery: 2 });
    const hash = lab.world.hash();
    for (let i = 0; i < 3; i++) lab.execute(store(0, 4 + i, 1, 7));
    expect(lab.snapshots.map(({ position }) => position)).toEqual([2, 4]);
    expect([lab.snapshots[0].world().hash(), lab.snapshots[0].saved().hash]).toEqual([hash, hash]);
    expect(() => new Lab({ policy: stackPolicies([]), snapshotEvery: 1.5 })).toThrow(RangeError);
  });
});

describe('a lab whose policy throws in the middle of fork()', () => {
  const failing: Overlay = {
    id: 'failing',
    hooks: { onForkPage: (page) => {
      if (page.vpn === 6) throw new Error('page six');
      return 'copy';
    } },
  };

  function failedLab(): { lab: Lab; error: unknown } {
    const lab = startedLab({ overlays: [naive, failing], snapshotEvery: 2 });
    lab.execute(store(0, 4, 4, 7));
    try {
      lab.execute({ type: 'Fork', task: 0, child: 1 });
    } catch (error) {
      return { lab, error };
    }
    throw new Error('the fork went through');
  }

  it('is at its end: every command throws the same error again', () => {
    const { lab, error } = failedLab();
    expect(error).toBeInstanceOf(PolicyError);
    for (const command of [store(0, 4, 1, 1), { type: 'Spawn', task: 5 } as const]) {
      let again: unknown;
      try {
        lab.execute(command);
      } catch (thrown) {
        again = thrown;
      }
      expect(again).toBe(error);
    }
  });

  it('keeps every earlier entry, in a log that replays although the world is half changed', () => {
    const { lab } = failedLab();
    expect(lab.log.map(({ command }) => command.type)).toEqual(['Spawn', 'Mmap', 'Store']);
    const saved = readLog(formatLog(lab), 'x');
    expect(replay(saved).hash()).toBe(saved.hash);
    expect(lab.world.hash()).not.toBe(saved.hash);
  });

  it('publishes nothing of the command that failed', () => {
    const lab = startedLab({ overlays: [naive, failing] });
    lab.execute(store(0, 4, 4, 7));
    let heard = 0;
    lab.commits$.subscribe(() => heard++);
    lab.events$.subscribe(() => heard++);
    expect(() => lab.execute({ type: 'Fork', task: 0, child: 1 })).toThrow('page six');
    lab.close();
    expect(heard).toBe(0);
    expect(() => lab.execute(store(0, 4, 1, 1))).toThrow('page six');
  });
});
