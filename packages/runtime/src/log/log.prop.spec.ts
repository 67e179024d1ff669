import { describe, expect, it } from '@jest/globals';
import { type Advice, type Command, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED,
  MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED, MREMAP_MAYMOVE, type Overlay, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  toyGeometry } from '@cowlab/core';
import fc from 'fast-check';
import { Lab } from '../lab.ts';
import { LogError } from './log-error.ts';
import type { SavedLog } from './log-source.ts';
import { readLog } from './read-log.ts';
import { replay } from './replay.ts';
import { TimeTravel } from './time-travel.ts';
import { formatLog } from './write-log.ts';

const STACKS: readonly (readonly Overlay[])[] = [
  [],
  [{ id: 'naive',
    hooks: { onWriteFault: (page) => (page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy'),
      onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy') } }],
  [{ id: 'early', traits: { hasPinned: 'target', writeProtectSeq: true },
    hooks: { forkLooksAtPages: (mm) => mm.hasPinned,
      onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : undefined),
      onForkHugePmd: (page) => (page.maybeDmaPinned ? 'split' : undefined),
      onForkHugetlb: (page) => (page.maybeDmaPinned ? 'copy' : undefined),
      onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } }],
  [{ id: 'exclusive', traits: { anonExclusive: true, hasPinned: 'target' },
    hooks: { onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy'),
      onGup: (page) => (page.exclusive ? 'take' : 'unshare'),
      onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } }],
];

const task = fc.nat(3);
const vpn = fc.integer({ min: 4, max: 20 });
const nr = fc.integer({ min: 1, max: 6 });
const at = { task, addr: vpn.map((page) => page * PAGE_SIZE), length: nr.map((pages) => pages * PAGE_SIZE) };
const advice = fc.constantFrom<Advice>('dontfork', 'dofork', 'wipeonfork', 'keeponfork', 'dontneed', 'hugepage',
  'nohugepage');
const flags = fc.constantFrom(MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS,
  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB).map((kind) => kind | MAP_FIXED);
const foll = fc.constantFrom(FOLL_PIN | FOLL_WRITE, FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, FOLL_PIN, FOLL_GET);
const pin = fc.nat(3);
const record = <T extends Command['type']>(
  type: T,
  fields: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Command> => fc.record({ type: fc.constant(type), ...fields }) as unknown as fc.Arbitrary<Command>;
const command = fc.oneof(
  { weight: 4, arbitrary: record('Store', { task, vpn, nr, value: fc.nat(255) }) },
  { weight: 3, arbitrary: record('Mmap', { ...at, prot: fc.constantFrom(PROT_READ, PROT_READ | PROT_WRITE), flags }) },
  { weight: 3, arbitrary: record('Fork', { task, child: task }) },
  { weight: 2, arbitrary: record('Load', { task, vpn, nr }) },
  { weight: 2, arbitrary: record('Madvise', { ...at, advice }) },
  { weight: 2, arbitrary: record('Pin', { task, pin, vpn, nr, flags: foll, device: fc.nat(1), whole: fc.boolean() }) },
  record('DeviceStore', { pin, index: fc.nat(5), value: fc.nat(255) }),
  record('DeviceLoad', { pin, index: fc.nat(5) }),
  record('RemoteStore', { task, vpn, value: fc.nat(255) }),
  record('Unpin', { pin }),
  record('Munmap', at),
  record('Mprotect', { ...at, prot: fc.constantFrom(PROT_READ, PROT_READ | PROT_WRITE) }),
  record('Mremap', { task, addr: at.addr, oldLength: at.length, newLength: at.length,
    flags: fc.constantFrom(0, MREMAP_MAYMOVE) }),
  record('Mlock', { ...at, on: fc.boolean() }),
  record('Reclaim', { task, vpn, nr }),
  record('CloneVm', { task, child: task }),
  record('Execve', { task }),
  record('Exit', { task }),
);
const program = fc.array(command, { maxLength: 40 });
const overlays = fc.constantFrom(...STACKS);

function ran(commands: readonly Command[], stack: readonly Overlay[], snapshotEvery: number): Lab {
  const lab = new Lab({ policy: stackPolicies(stack), name: 'fuzz', geometry: toyGeometry(), snapshotEvery });
  lab.execute({ type: 'SetPool', hugetlb: 3 });
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  for (const next of commands) lab.execute(next);
  return lab;
}

/** What `act` came to, or null where it threw a LogError of one line; anything else it throws is a defect. */
function orLogError<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    expect(error.message).toMatch(/^x:[1-9]\d*: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+$/u);
    return null;
  }
}

const WORDS = ['0', '-1', '1e9', '1e400', 'null', 'true', '""', '{}', '[]', '"type"', '"end"', '"snapshot"',
  '"position"', '__proto__', '\n', '\r', '\u2028', '\0', ',', '}', '"'];
const piece = fc.oneof(fc.constantFrom(...WORDS), fc.nat(300).map(String), fc.string({ maxLength: 4 }));
/**
 * Cuts `length` characters out at a place and puts something there; or cuts, doubles and moves lines; or tears the end
 * off.
 */
const mutation: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(6), piece).map(
    ([where, length, word]) => (text: string) => {
      const i = Math.floor(where * text.length);
      return text.slice(0, i) + word + text.slice(i + length);
    },
  ),
  fc.tuple(fc.nat(60), fc.nat(60), fc.nat(2)).map(([from, to, times]) => (text: string) => {
    const lines = text.split('\n');
    const cut = lines.splice(from % lines.length, 1);
    for (let i = 0; i < times; i++) lines.splice(to % (lines.length + 1), 0, ...cut);
    return lines.join('\n');
  }),
  fc.double({ min: 0, max: 1, noNaN: true }).map((part) => (text: string) =>
    text.slice(0, Math.floor(part * text.length))
  ),
);

const number = fc.oneof(
  { weight: 4, arbitrary: fc.nat(9) },
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 70 }) },
  { weight: 1, arbitrary: fc.constantFrom(511, 4096, 2 ** 20, 2 ** 31, 2 ** 53 - 1) },
);

describe('any run of a lab', () => {
  it('comes back from its text and replays to the same world, from every snapshot', () => {
    fc.assert(fc.property(program, overlays, fc.nat(7), (commands, stack, every) => {
      const lab = ran(commands, stack, every);
      const text = formatLog(lab);
      const saved = readLog(text, 'x');
      expect(formatLog(saved)).toBe(text);
      for (const from of ['start', ...saved.snapshots.map(({ position }) => position)] as const)
        expect(replay(saved, { from }).hash()).toBe(lab.world.hash());
    }), { numRuns: 120 });
  });

  it('can be travelled in, in any order, whether it was saved or not', () => {
    fc.assert(
      fc.property(program, overlays, fc.nat(7), fc.array(fc.nat(42), { maxLength: 12 }),
        (commands, stack, every, wanted) => {
          const lab = ran(commands, stack, every);
          const saved = readLog(formatLog(lab), 'x');
          const travels = [new TimeTravel(lab), new TimeTravel(saved)];
          for (const position of wanted.map((n) => n % (lab.log.length + 1))) {
            const hash = replay(saved, { to: position }).hash();
            for (const travel of travels) expect(travel.worldAt(position).hash()).toBe(hash);
          }
        }),
      { numRuns: 40 },
    );
  });
});

describe('a log that was changed', () => {
  it('reads as the same log or is refused, whatever happened to its text', () => {
    fc.assert(
      fc.property(program, fc.constantFrom(0, 0, 7), fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (commands, every, mutations) => {
          const lab = ran(commands, STACKS[2], every);
          const text = formatLog(lab);
          const saved = orLogError(() => readLog(mutations.reduce((mutated, mutate) => mutate(mutated), text), 'x'));
          if (saved !== null) expect(formatLog(saved)).toBe(text);
        }),
      { numRuns: 500 },
    );
  });

  it('replays to the world it was closed with or is refused, whatever became of one event', () => {
    const changed = fc.tuple(fc.nat(), fc.nat(), fc.nat(), number, fc.boolean());
    let refused = 0;
    fc.assert(fc.property(program, overlays, changed, (commands, stack, [p, e, f, value, flag]) => {
      const saved = readLog(formatLog(ran(commands, stack, 0)), 'x');
      const text = formatLog(withOneField(saved, p, e, f, value, flag));
      const read = orLogError(() => readLog(text, 'x'));
      const world = read === null ? null : orLogError(() => replay(read));
      if (world === null) refused++;
      else expect(world.hash()).toBe(saved.hash);
    }), { numRuns: 400 });
    expect(refused).toBeGreaterThan(50);
  });
});

/** The log with one field of one event changed, and closed again as if nothing had happened. */
function withOneField(saved: SavedLog, p: number, e: number, f: number, value: number, flag: boolean): SavedLog {
  const full = saved.log.filter(({ events }) => events.length > 0);
  const entry = full[p % full.length];
  const events = [...entry.events] as unknown as Record<string, unknown>[];
  const index = e % events.length;
  const fields = Object.keys(events[index]).filter((field) => field !== 'type');
  const field = fields[f % fields.length];
  events[index] = { ...events[index], [field]: typeof events[index][field] === 'boolean' ? flag : value };
  return { ...saved,
    log: saved.log.map((other) => (other === entry ? { ...entry, events } as unknown as typeof entry : other)) };
}
