import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, inspectPage, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ,
  PROT_WRITE, saveWorld, stackPolicies, toyGeometry, World } from '@cowlab/core';
import { Lab } from '../lab.ts';
import { LogError } from './log-error.ts';
import type { SavedLog } from './log-source.ts';
import { readLog } from './read-log.ts';
import { replay } from './replay.ts';
import { TimeTravel } from './time-travel.ts';
import { formatLog } from './write-log.ts';

const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  { type: 'Store', task: 0, vpn: 4, nr: 3, value: 7 },
  { type: 'Pin', task: 0, pin: 1, vpn: 4, nr: 2, flags: FOLL_PIN | FOLL_WRITE, device: 1 },
  { type: 'Fork', task: 0, child: 1 },
  { type: 'Store', task: 0, vpn: 4, nr: 1, value: 8 },
  { type: 'DeviceStore', pin: 1, index: 0, value: 9 },
  { type: 'Exit', task: 1 },
];

/** The lab after all of it, and the hash of its world after each command. */
function ran(snapshotEvery = 0): { lab: Lab; hashes: readonly string[] } {
  const lab = new Lab({
    policy: stackPolicies([{ id: 'copier',
      hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } }]),
    geometry: toyGeometry(),
    snapshotEvery,
  });
  const hashes = [lab.world.hash()];
  for (const command of PROGRAM) {
    lab.execute(command);
    hashes.push(lab.world.hash());
  }
  return { lab, hashes };
}

const savedOf = (lab: Lab): SavedLog => readLog(formatLog(lab), 'run.jsonl');

describe('replaying a log', () => {
  it('leads to the same words, without its policy', () => {
    const { lab } = ran();
    const world = replay(savedOf(lab));
    expect(world.hash()).toBe(lab.world.hash());
    expect(saveWorld(world).words.length).toBeGreaterThan(0);
  });

  it.each([0, 3])('passes every world on the way (snapshots every %d)', (every) => {
    const { lab, hashes } = ran(every);
    const saved = savedOf(lab);
    expect(hashes.map((_, to) => replay(saved, { to }).hash())).toEqual(hashes);
    for (const { position } of saved.snapshots) {
      expect(hashes.map((_, to) => (to < position ? null : replay(saved, { from: position, to }).hash()))).toEqual(
        hashes.map((hash, to) => (to < position ? null : hash)),
      );
    }
  });

  it('refuses positions that the log has not', () => {
    const saved = savedOf(ran(3).lab);
    expect(() => replay(saved, { to: 9 })).toThrow(
      new RangeError('run.jsonl: there is no position 9; the log has 0 to 8'),
    );
    expect(() => replay(saved, { to: 0.5 })).toThrow(RangeError);
    expect(() => replay(saved, { from: 4 })).toThrow(
      new RangeError('run.jsonl: there is no snapshot at 4; there are 3, 6'),
    );
    expect(() => replay(saved, { from: 6, to: 3 })).toThrow(
      new RangeError('run.jsonl: replay from 6 to 3 runs backwards; give from <= to'),
    );
    expect(() => replay(savedOf(ran().lab), { from: 3 })).toThrow(
      "there is no snapshot at 3; the log has none, replay from 'start'",
    );
  });
});

describe('a log that replays to something else is refused', () => {
  /** A log whose entry 4, fork(), was rewritten by somebody who got the sum right. */
  function rewritten(change: (line: string) => string, snapshotEvery = 0): SavedLog {
    const saved = savedOf(ran(snapshotEvery).lab);
    const log = [...saved.log];
    log[4] = JSON.parse(change(JSON.stringify(log[4]))) as (typeof log)[number];
    return readLog(formatLog({ ...saved, log }), 'run.jsonl');
  }

  it.each<[string, (line: string) => string, number, string]>([
    ['an mm that never lived', (line) => line.replace('"from":0,"to":1,"vpn":4', '"from":7,"to":1,"vpn":4'), 6,
      'entry 4: PagesCopied.from is 7, which the world has no place for'],
    ['a frame far away', (line) => line.replace(/"pfn":\d+/, '"pfn":12345678'), 6,
      'entry 4: PagesCopied.pfn is 12345678, which the world has no place for'],
    ['a page table out of turn', (line) => line.replace(/"node":\d+/, '"node":99'), 6,
      'entry 4: PageTableAllocated cannot be replayed (page table 99 is not the next free one)'],
    ['another choice', (line) => line.replace('"wrprotect":true', '"wrprotect":false'), 10,
      'the log does not lead to the world it was closed with'],
  ])('%s', (_name, change, line, message) => {
    const saved = rewritten(change);
    let error: unknown;
    try {
      replay(saved);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LogError);
    expect(error).toMatchObject({ file: 'run.jsonl', line });
    expect((error as LogError).message).toContain(`run.jsonl:${line}: ${message}; `);
  });

  it('at the first snapshot that it does not lead to', () => {
    const saved = rewritten((line) => line.replace('"lru":true', '"lru":false'), 3);
    expect(() => replay(saved)).toThrow('run.jsonl:9: the log does not lead to its snapshot at position 6');
    // From a snapshot after it, nothing is wrong.
    expect(replay(saved, { from: 6 }).hash()).toBe(saved.hash);
  });

  it('a snapshot whose words are not what they were', () => {
    const saved = savedOf(ran(3).lab);
    const snapshots = saved.snapshots.map((snapshot) => ({ ...snapshot,
      saved: () => ({ ...snapshot.saved(), hash: '0' }) })
    );
    const changed = readLog(formatLog({ ...saved, snapshots }), 'run.jsonl');
    expect(() => replay(changed, { from: 6 })).toThrow(
      'run.jsonl:9: snapshot: its words do not have the hash it was saved with; take the log from where it was '
        + 'written, or record it again',
    );
  });
});

describe('time travel', () => {
  it.each([0, 3])('shows every world, forwards, backwards and across (snapshots every %d)', (every) => {
    const { lab, hashes } = ran(every);
    for (const source of [lab, savedOf(lab)]) {
      const travel = new TimeTravel(source);
      for (const position of [8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 5, 3, 8, 0])
        expect([position, travel.worldAt(position).hash()]).toEqual([position, hashes[position]]);
    }
  });

  it('goes step by step and stops at both ends', () => {
    const { lab, hashes } = ran(3);
    const travel = new TimeTravel(lab);
    expect(travel.back()).toBeNull();
    const forwards = hashes.slice(1).map(() => travel.next());
    expect(forwards.map((step) => step?.world.hash())).toEqual(hashes.slice(1));
    expect(forwards.map((step) => step?.entry.command)).toEqual(PROGRAM);
    expect([travel.next(), travel.position]).toEqual([null, 8]);
    const backwards = hashes.slice(1).map(() => travel.back());
    expect(backwards.map((step) => step?.world.hash())).toEqual(hashes.slice(0, -1).reverse());
  });

  it('answers "what did the owner see before": the page that the device wrote', () => {
    const { lab } = ran();
    const travel = new TimeTravel(lab);
    expect([7, 6].map((position) => inspectPage(travel.worldAt(position), 0, 4).value)).toEqual([9, 8]);
  });

  it('gives worlds away: changing one changes no later look', () => {
    const { lab, hashes } = ran();
    const travel = new TimeTravel(lab);
    travel.worldAt(4).mms.open(1);
    expect(travel.worldAt(4).hash()).toBe(hashes[4]);
  });

  it('follows a lab that goes on', () => {
    const { lab } = ran();
    const travel = new TimeTravel(lab);
    travel.worldAt(8);
    lab.execute({ type: 'Exit', task: 0 });
    expect(travel.next()?.world.hash()).toBe(lab.world.hash());
    expect(() => travel.worldAt(10)).toThrow(new RangeError('lab: there is no position 10; the log has 0 to 9'));
  });

  it('is not led astray by an entry that cannot be replayed', () => {
    const { lab, hashes } = ran();
    const saved = savedOf(lab);
    const log = saved.log.map((
      entry,
    ) => (entry.position === 5 ? { ...entry, events: [{ type: 'MmDestroyed', mm: 40 } as const] } : entry));
    const travel = new TimeTravel({ ...saved, log });
    travel.worldAt(4);
    expect(() => travel.worldAt(7)).toThrow(LogError);
    expect(travel.worldAt(4).hash()).toBe(hashes[4]);
    expect(travel.worldAt(0).hash()).toBe(new World(toyGeometry()).hash());
  });
});
