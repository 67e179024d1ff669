/**
 * What holds for every program under every policy. Each law runs one program and throws when it is broken; specs feed
 * them random programs, and the contract suite feeds them an author's policy.
 */

import { checkInvariants, type Command, evolve, type Event, execute, type Geometry, Kernel, loadWorld, type Outcome,
  type Overlay, saveWorld, stackPolicies, World } from '@cowlab/core';
import { type View, watched } from './watched.ts';

export interface Case {
  readonly geometry: Geometry;
  readonly overlays: readonly Overlay[];
  readonly program: readonly Command[];
}

/** Facts and parts of facts that a random program comes to at most; they stay far below. */
const EVENTS_MAX = 300_000;

/** A machine that stops when a command goes on for ever, before memory is full of its events. */
export function machineOf(
  { geometry, overlays }: Pick<Case, 'geometry' | 'overlays'>,
  world = new World(geometry),
): Kernel {
  const kernel = new Kernel(world, stackPolicies(overlays));
  let events = 0;
  kernel.onEvent = () => {
    if (++events > EVENTS_MAX)
      throw new LawBroken('answers', -1,
        `a command does not come to an end; it goes on with ${overlays.map(({ id }) => id).join(', ')}`);
  };
  return kernel;
}

/** A law was broken: one line that names the command, so that a shrunk program can be read with it. */
export class LawBroken extends Error {
  constructor(readonly law: string, readonly position: number, what: string) {
    super(`${law}: at command ${position}: ${what}`);
    this.name = 'LawBroken';
  }
}

const ERRNOS: ReadonlySet<string> = new Set(['EACCES', 'EAGAIN', 'EBADF', 'EEXIST', 'EFAULT', 'EINTR', 'EINVAL',
  'ENOMEM', 'EOPNOTSUPP', 'EOVERFLOW', 'EPERM', 'ESRCH', 'SIGBUS', 'SIGSEGV']);

/** Every command comes to an end, with a number or an errno and its reason; nothing is thrown. */
export function answers(c: Case): void {
  const kernel = machineOf(c);
  c.program.forEach((command, position) => {
    const { result } = execute(kernel, command);
    const fine = result.ok ? Number.isSafeInteger(result.value) : ERRNOS.has(result.errno) && result.why !== '';
    if (!fine) throw new LawBroken('answers', position, `${command.type} came to ${JSON.stringify(result)}`);
  });
}

/** The log, sent through JSON and evolved into a fresh world, gives the same words. */
export function replays(c: Case): void {
  const kernel = machineOf(c);
  const copy = new World(c.geometry);
  c.program.forEach((command, position) => {
    const { events } = execute(kernel, command);
    const read = JSON.parse(JSON.stringify(events)) as readonly Event[];
    if (textOf(read) !== textOf(events))
      throw new LawBroken('replays', position, `${command.type} has events that JSON does not keep`);
    for (const event of read) evolve(copy, event);
    if (copy.hash() !== kernel.world.hash()) {
      throw new LawBroken('replays', position,
        `the world of the replayed ${command.type} has another hash; events ${
          events.map(({ type }) => type).join(', ')
        }`);
    }
  });
}

/** Runs handled at once, page by page, and step by step under a listener: same results, same log, same world. */
export function bulkEqualsStepped(c: Case): void {
  const bulk = machineOf(c);
  const stepped = machineOf(c);
  stepped.bulk = false;
  const traced = machineOf(c);
  traced.onStep = () => undefined;
  c.program.forEach((command, position) => {
    const expected = execute(bulk, command);
    for (const [how, kernel] of [['stepped', stepped], ['traced', traced]] as const) {
      const got = execute(kernel, command);
      sameOutcome('bulkEqualsStepped', position, `${command.type} ${how}`, expected, got);
      if (bulk.world.hash() !== kernel.world.hash())
        throw new LawBroken('bulkEqualsStepped', position, `${command.type} ${how} leaves another world`);
    }
  });
}

/** Pages that make a world large enough for its runs of entries to be handled by WebAssembly. */
const AMPLE = { pages: 150_000 };

/** Neither moves of the buffer nor how a large world handles runs of entries can be seen in it. */
export function roomChangesNothing(c: Case): void {
  const growing = machineOf(c);
  const ample = machineOf(c, new World(c.geometry, AMPLE));
  c.program.forEach((command, position) => {
    sameOutcome('roomChangesNothing', position, command.type, execute(growing, command), execute(ample, command));
    if (growing.world.hash() !== ample.world.hash())
      throw new LawBroken('roomChangesNothing', position, `${command.type} leaves another world`);
  });
}

/** Counters equal what a recount finds, after every command. */
export function staysSound(c: Case, judged: Parameters<typeof checkInvariants>[1] = {}): void {
  const kernel = machineOf(c);
  c.program.forEach((command, position) => {
    execute(kernel, command);
    sound(kernel, position, command, judged);
  });
}

export function sound(
  kernel: Kernel,
  position: number,
  command: Command,
  judged: Parameters<typeof checkInvariants>[1] = {},
): void {
  const [first] = checkInvariants(kernel.world, judged);
  if (first !== undefined)
    throw new LawBroken('staysSound', position, `after ${command.type}: ${first.invariant}: ${first.what}`);
}

/** A cloned world, and one that was saved and loaded, go on as the first one does: nothing is remembered elsewhere. */
export function worldIsAll(c: Case, at: number): void {
  const kernel = machineOf(c);
  const split = Math.min(at, c.program.length);
  for (const command of c.program.slice(0, split)) execute(kernel, command);
  const saved = saveWorld(kernel.world);
  const others = [kernel.world.clone(), loadWorld(JSON.parse(JSON.stringify(saved)) as typeof saved)].map((world) =>
    machineOf(c, world)
  );
  for (const other of others)
    if (other.world.hash() !== saved.hash)
      throw new LawBroken('worldIsAll', split, 'a copy of the world has another hash');
  c.program.slice(split).forEach((command, i) => {
    const expected = execute(kernel, command);
    for (const other of others) {
      sameOutcome('worldIsAll', split + i, command.type, expected, execute(other, command));
      if (other.world.hash() !== kernel.world.hash())
        throw new LawBroken('worldIsAll', split + i, `${command.type} leaves another world in the copy`);
    }
  });
}

/**
 * The same overlays in two fresh worlds, one after the other: what differs was remembered in a closure, or drawn by
 * lot.
 */
export function runsAlike(c: Case): void {
  const first = machineOf(c);
  const expected = c.program.map((command) => execute(first, command));
  const second = machineOf(c);
  c.program.forEach((command, position) =>
    sameOutcome('runsAlike', position, `${command.type} the second time`, expected[position], execute(second, command))
  );
}

export function sameOutcome(law: string, position: number, what: string, expected: Outcome, got: Outcome): void {
  if (textOf(expected.result) !== textOf(got.result)) {
    throw new LawBroken(law, position,
      `${what} comes to ${JSON.stringify(got.result)}, not ${JSON.stringify(expected.result)}`);
  }
  if (textOf(expected.events) !== textOf(got.events)) {
    throw new LawBroken(law, position,
      `${what} has events ${JSON.stringify(got.events)}, not ${JSON.stringify(expected.events)}`);
  }
}

/**
 * Between the start of a command and its end, a hook meets a page or a VMA once: an overlay that counts would otherwise
 * count twice. GUP's lockless path and its slow path are two decisions, and after an unshare comes a third;
 * a forced write faults for each page that it pins, and a hugetlb fault comes again when the page had to be taken from
 * others first.
 */
export function asksOnce(c: Case): void {
  let asked = new Map<string, number>();
  const overlays = c.overlays.map((overlay, level) =>
    watched(overlay, (hook, view, ask) => {
      const key = `${level} ${hook} ${placeOf(view)}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
      return ask(view);
    })
  );
  const kernel = machineOf({ ...c, overlays });
  c.program.forEach((command, position) => {
    asked = new Map();
    execute(kernel, command);
    for (const [key, times] of asked) {
      const most = command.type === 'Pin' ? command.nr + 2 : / (onGup|onWriteFaultHugetlb) /.test(key) ? 2 : 1;
      if (times > most) throw new LawBroken('asksOnce', position, `${command.type} asked ${key} ${times} times`);
    }
  });
}

function placeOf(view: View): string {
  if ('vpn' in view) return `mm ${view.mm.id} page ${view.vpn}`;
  return 'start' in view ? `vma at ${view.start}` : `mm ${view.id}`;
}

/** Values as text, fields in one order, with what JSON cannot say kept apart from what it says instead. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string'
      ? JSON.stringify(value)
      : String(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${key}:${textOf(field)}`).join()}}`;
}
