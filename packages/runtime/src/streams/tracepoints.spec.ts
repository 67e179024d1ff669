import { afterEach, describe, expect, it } from '@jest/globals';
import { type Command, type Event, execute, Kernel, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ,
  PROT_WRITE, stackPolicies, toyGeometry, World } from '@cowlab/core';
import { config } from 'rxjs';
import { Lab } from '../lab.ts';
import { Tracepoints } from './tracepoints.ts';

const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  { type: 'Store', task: 0, vpn: 4, nr: 8, value: 7 },
  { type: 'Fork', task: 0, child: 1 },
];
const newLab = (): Lab => new Lab({ policy: stackPolicies([]), geometry: toyGeometry() });
const run = (lab: Lab): void => PROGRAM.forEach((command) => lab.execute(command));
const nothing = (): void => undefined;

afterEach(() => {
  config.onUnhandledError = null;
});

describe('tracepoints', () => {
  it('name each atomic step of fork() in its order', () => {
    const lab = newLab();
    const steps: string[] = [];
    lab.tracepoints.on('step', (path, step) => {
      if (path === 'fork') steps.push(step);
    });
    run(lab);
    expect(steps.slice(0, 8)).toEqual(['lock mmap_lock', 'dup vma', 'walk', 'lock ptl', 'A = read pte',
      'read has_pinned', 'read ref', 'share or copy']);
    expect(steps.filter((step) => step === 'set child pte')).toHaveLength(8);
  });

  it('show each part of a fact when it has changed the world', () => {
    const lab = newLab();
    const facts: Event['type'][] = [];
    lab.tracepoints.on('fact', ({ type }) => facts.push(type));
    lab.tracepoints.on('step', nothing);
    run(lab);
    expect(facts.filter((type) => type === 'ChildPteSet')).toHaveLength(8);
  });

  it('leave the log and the world as they are without listeners', () => {
    const [watched, alone] = [newLab(), newLab()];
    watched.tracepoints.on('step', nothing);
    watched.tracepoints.on('fact', nothing);
    for (const lab of [watched, alone]) run(lab);
    expect(watched.log).toEqual(alone.log);
    expect(watched.world.hash()).toBe(alone.world.hash());
  });

  it('keep the kernel on its bulk paths while nobody listens', () => {
    const kernel = new Kernel(new World(toyGeometry()), stackPolicies([]));
    const tracepoints = new Tracepoints(kernel);
    const watched = (): boolean[] => [kernel.onStep !== null, kernel.onEvent !== null];
    const seen = [watched()];
    for (const change of [() => tracepoints.on('step', nothing), () => tracepoints.off('step', nothing),
      () => tracepoints.on('fact', nothing), () => tracepoints.off('fact', nothing),
      () => tracepoints.once('step', nothing).on('fact', nothing), () => tracepoints.removeAllListeners('step'),
      () => tracepoints.removeAllListeners()])
    {
      change();
      seen.push(watched());
    }
    expect(seen).toEqual([[false, false], [true, false], [false, false], [false, true], [false, false], [true, true], [
      false,
      true,
    ], [false, false]]);
  });

  it('let the kernel go back to its bulk paths when a single look is over', () => {
    const kernel = new Kernel(new World(toyGeometry()), stackPolicies([]));
    let looks = 0;
    new Tracepoints(kernel).once('step', () => looks++);
    for (const command of PROGRAM) execute(kernel, command);
    expect([looks, kernel.onStep]).toEqual([1, null]);
  });

  it('cannot tear a command: what a listener throws goes to the host', async () => {
    const errors: unknown[] = [];
    config.onUnhandledError = (error: unknown) => errors.push(error);
    const [watched, alone] = [newLab(), newLab()];
    watched.tracepoints.once('step', () => {
      throw new Error('step listener');
    });
    watched.tracepoints.once('fact', () => {
      throw new Error('fact listener');
    });
    for (const lab of [watched, alone]) run(lab);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(errors.map((error) => (error as Error).message).sort()).toEqual(['fact listener', 'step listener']);
    expect(watched.log).toEqual(alone.log);
  });

  it('may not execute commands, nor close the lab', async () => {
    const errors: unknown[] = [];
    config.onUnhandledError = (error: unknown) => errors.push(error);
    const lab = newLab();
    lab.tracepoints.once('step', () => void lab.execute({ type: 'Exit', task: 0 }));
    lab.tracepoints.once('fact', () => lab.close());
    run(lab);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(errors.map((error) => (error as Error).message).sort()).toEqual([
      "lab 'lab': Exit in the middle of another command; tracepoints and hooks only look, subscribe to commits$ instead",
      "lab 'lab': close() in the middle of a command; close it afterwards",
    ]);
    expect(lab.log.map(({ command }) => command.type)).toEqual(['Spawn', 'Mmap', 'Store', 'Fork']);
  });
});
