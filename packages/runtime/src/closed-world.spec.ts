import { describe, expect, it } from '@jest/globals';
import { checkInvariants, type Command, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, type Overlay,
  PAGE_SIZE, type PolicyHooks, PROT_READ, PROT_WRITE, stackPolicies, toyGeometry, type World } from '@cowlab/core';
import { Observable } from 'rxjs';
import { Lab } from './lab.ts';
import { readLog } from './log/read-log.ts';
import { replay } from './log/replay.ts';
import { formatLog } from './log/write-log.ts';

const count: Overlay = { id: 'count', hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } };
const early: Overlay = { id: 'early', hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } };
const store = (task: number, vpn: number, nr: number, value: number): Command => ({ type: 'Store', task, vpn, nr,
  value });
const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  store(0, 4, 4, 7),
  { type: 'Pin', task: 0, pin: 1, vpn: 5, nr: 1, flags: FOLL_PIN | FOLL_WRITE, device: 1 },
  { type: 'Fork', task: 0, child: 1 },
  store(1, 4, 4, 8),
  { type: 'Pin', task: 1, pin: 2, vpn: 6, nr: 2, flags: FOLL_PIN, device: 1 },
  { type: 'Reclaim', task: 0, vpn: 7, nr: 1 },
  store(0, 4, 4, 9),
];

function run(overlays: readonly Overlay[], watch?: (lab: Lab) => void): Lab {
  const lab = new Lab({ policy: stackPolicies(overlays), geometry: toyGeometry() });
  watch?.(lab);
  for (const command of PROGRAM) lab.execute(command);
  return lab;
}

/** Objects of the language itself are everybody's. */
const INTRINSIC: ReadonlySet<unknown> = new Set(
  [Object, Function, Array, Map, Set, Promise, Error, Symbol, Uint8Array, Int32Array, ArrayBuffer].flatMap((
    made,
  ) => [made, made.prototype as unknown]),
);

type Key = string | symbol;

/** Everything that can be got from `root` by names and prototypes, and what its getters answer, but for copies. */
function* reachable(root: unknown, seen = new Set<unknown>()): Generator<object> {
  const held = typeof root === 'object' || typeof root === 'function';
  // Streams hold who made them and no more: see below.
  if (!held || root === null || seen.has(root) || INTRINSIC.has(root) || root instanceof Observable) return;
  seen.add(root);
  yield root;
  for (const key of Reflect.ownKeys(root)) yield* reachable(valueAt(root, key), seen);
  const kind = Object.getPrototypeOf(root) as object | null;
  for (const key of kind === null || INTRINSIC.has(kind) ? [] : Reflect.ownKeys(kind))
    yield* reachable(valueAt(root, key), seen);
  yield* reachable(kind, seen);
}

function valueAt(target: object, key: Key): unknown {
  try {
    const value = Reflect.get(target, key, target) as unknown;
    return value === Reflect.get(target, key, target) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Write to every name of it, also to ones that it has not. Returns what let itself be changed. What is hung on a method
 * is read by nobody.
 */
function scribble(target: object): string[] {
  if (typeof target === 'function') return [];
  const names: Key[] = [...Reflect.ownKeys(target), 'w', 'world', 'page', 'memoryBase', 'lend', 'refcount'];
  return names.flatMap((name) => {
    const before = valueAt(target, name);
    const set = tries(() => Reflect.set(target, name, 1)) && valueAt(target, name) !== before;
    const defined = tries(() => Reflect.defineProperty(target, name, { get: () => 1, configurable: true }));
    return set || defined ? [String(name)] : [];
  });
}

function tries(act: () => boolean): boolean {
  try {
    return act();
  } catch {
    return false;
  }
}

/** A world has a buffer, and a kernel emits. */
const changesWorlds = (target: object): boolean =>
  ArrayBuffer.isView(target) || 'takeEvents' in target || ('buffer' in target && 'clone' in target);

function expectUntouched(lab: Lab, honest: Lab): void {
  expect(lab.log).toEqual(honest.log);
  expect(lab.hash).toBe(honest.hash);
  expect(replay(readLog(formatLog(lab), 'x')).hash()).toBe(lab.hash);
  expect(checkInvariants(lab.world.clone())).toEqual([]);
}

describe('a policy that wants the world', () => {
  const HOOKS: readonly (keyof PolicyHooks)[] = ['forkLooksAtPages', 'onForkVma', 'onForkPage', 'onWriteFault', 'onGup',
    'onRegister', 'onReclaim'];
  const under = (hook: (this: unknown, ...given: unknown[]) => undefined): Overlay => ({ id: 'bandit',
    hooks: Object.fromEntries(HOOKS.map((name) => [name, hook])) });

  it('finds nothing that it could write to, in what its hooks are given and in what they are called on', () => {
    const found: object[] = [];
    const changed: string[] = [];
    const bandit = under(function(...given) {
      for (const target of [this, ...given].flatMap((root) => [...reachable(root)])) {
        found.push(target);
        changed.push(...scribble(target));
      }
      return undefined;
    });
    const lab = run([count, early, bandit]);
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(changesWorlds)).toEqual([]);
    expect(changed).toEqual([]);
    expectUntouched(lab, run([count, early, under(() => undefined)]));
  });

  it('gets a TypeError when it reaches for the fields that carried it once', () => {
    const lab = run([count, early]);
    const reaches = { id: 'reaches', hooks: { onForkPage: (page: unknown) => {
      const { w, pfn } = page as { w: World; pfn: number };
      w.pages.meta[pfn] = 0x7f;
      return 'share' as const;
    } } };
    expect(() => run([count, reaches])).toThrow(
      /^policy 'reaches': onForkPage threw: .*undefined .*\(.*closed-world\.spec\.ts:\d+:\d+\)$/,
    );
    expectUntouched(lab, run([count, early]));
  });

  it('cannot patch what the policies below it see', () => {
    const patches: Overlay = { id: 'patches', hooks: { onForkPage: (page) => {
      Object.defineProperty(Object.getPrototypeOf(page), 'refcount', { get: () => 1, configurable: true });
      return undefined;
    } } };
    expect(() => run([count, patches])).toThrow("policy 'patches': onForkPage threw: Cannot redefine property");
    expectUntouched(run([count]), run([count]));
  });

  it('is named with the line that asked too much, not with the line of the view that said no', () => {
    const greedy: Overlay = { id: 'greedy', hooks: { onForkPage: (page) => (page.memory(0) > 0 ? 'copy' : 'share') } };
    expect(() => run([greedy])).toThrow(/^policy 'greedy': onForkPage threw: .* \(.*closed-world\.spec\.ts:\d+:\d+\)$/);
  });

  it('cannot look or remember once its hook is over', () => {
    let later: (() => unknown)[] = [];
    const keeper: Overlay = { id: 'keeper', memoryWords: 1, hooks: { onForkPage: (page) => {
      later = [() => page.remember(0, 1), () => page.memory(0), () => page.mapcount, () => page.mm.hasPinned,
        () => page.vma.start];
      return undefined;
    } } };
    const lab = run([count, keeper]);
    const before = lab.hash;
    for (const look of later) expect(look).toThrow('a view is only valid during the hook call');
    expect([later.length, lab.hash]).toEqual([5, before]);
  });
});

describe('a subscriber who wants the world', () => {
  it('finds no way to it, and nothing of the lab, the log or the streams that it could change', () => {
    const found: object[] = [];
    const changed: string[] = [];
    const lab = run([count, early], (watched) => {
      const look = (...roots: readonly unknown[]): void => {
        for (const target of roots.flatMap((root) => [...reachable(root)])) {
          found.push(target);
          changed.push(...scribble(target));
        }
      };
      watched.tracepoints.on('step', look);
      watched.tracepoints.on('fact', look);
      watched.events$.subscribe(look);
      watched.commits$.subscribe((entry) => look(entry, watched));
      watched.follow({ value: null, apply: look });
    });
    expect(found.length).toBeGreaterThan(1000);
    expect(found.filter(changesWorlds)).toEqual([]);
    expect(new Set(changed)).toEqual(new Set());
    expectUntouched(lab, run([count, early], (watched) => watched.tracepoints.on('step', () => undefined)));
  });

  it('cannot say that something else was asked, nor add to the log or the streams', () => {
    const lab = run([count, early]);
    const entry = lab.log[2] as { command: { task: number } };
    expect(() => (entry.command.task = 99)).toThrow(TypeError);
    expect(() => (lab.log as unknown[]).push(entry)).toThrow('the log of a lab grows by execute() alone');
    expect(() => ((lab.log as unknown as { length: number }).length = 0)).toThrow(TypeError);
    expect([lab.commits$, lab.events$].filter((stream) => 'source' in stream)).toEqual([]);
    expectUntouched(lab, run([count, early]));
  });
});
