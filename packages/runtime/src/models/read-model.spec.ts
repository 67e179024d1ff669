import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, type LogEntry, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, type Overlay,
  PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies, toyGeometry } from '@cowlab/core';
import { Lab } from '../lab.ts';
import { findings } from '../streams/operators.ts';
import type { WorldView } from '../world-view.ts';
import { Costs } from './costs.ts';
import { type Finding, Findings } from './findings.ts';
import { ForkHoles } from './fork-holes.ts';
import { PteHistory } from './history.ts';
import { IsolationWatch } from './isolation.ts';
import { PinLedger } from './pin-ledger.ts';
import { project, type ReadModel } from './read-model.ts';

const G = toyGeometry();
/** Any reference decides: what a pin holds is lost to its owner's next store after fork(). */
const count: Overlay = { id: 'count',
  hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
    onForkVma: (vma) => (vma.dontCopy ? 'skip' : undefined) } };
const mapped: Command = { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE,
  prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };
const store = (task: number, value: number): Command => ({ type: 'Store', task, vpn: 4, nr: 2, value });
const HARM = store(0, 8);
const DONTFORK: Command = { type: 'Madvise', task: 0, addr: 10 * PAGE_SIZE, length: PAGE_SIZE, advice: 'dontfork' };
const PROGRAM: readonly Command[] = [{ type: 'Spawn', task: 0 }, mapped, store(0, 7), { type: 'Pin', task: 0, pin: 1,
  vpn: 4, nr: 2, flags: FOLL_PIN | FOLL_WRITE, device: 1 }, DONTFORK, { type: 'Fork', task: 0, child: 1 }, HARM, {
  type: 'Load',
  task: 1,
  vpn: 10,
  nr: 1,
}];
/** What the owner does to its pages after the harm: to look at them afterwards shows another cause. */
const AFTERWARDS: Command = { type: 'Madvise', task: 0, addr: 4 * PAGE_SIZE, length: 2 * PAGE_SIZE,
  advice: 'dontneed' };

const newLab = (): Lab => new Lab({ policy: stackPolicies([count]), geometry: G });

/** `AFTERWARDS` comes right after `HARM`: from outside, or from a subscriber who is told of the harm. */
function run(from: 'outside' | 'a subscriber'): { lab: Lab; folded: readonly Finding[]; heard: Finding[] } {
  const lab = newLab();
  const heard: Finding[] = [];
  if (from === 'a subscriber') {
    lab.commits$.subscribe(({ command }) => {
      if (command.type === 'Store' && command.value === 8) lab.execute(AFTERWARDS);
    });
  }
  const tracker = lab.follow(new Findings());
  lab.commits$.pipe(findings(lab)).subscribe((finding) => heard.push(finding));
  for (const command of PROGRAM) {
    lab.execute(command);
    if (from === 'outside' && command === HARM) lab.execute(AFTERWARDS);
  }
  return { lab, folded: tracker.value, heard };
}

/** Remembers the value of one page after each command. */
class Values implements ReadModel<readonly number[]> {
  readonly value: number[] = [];

  apply(_entry: LogEntry, world: WorldView): void {
    this.value.push(world.page(0, 4).value);
  }
}

describe('a read model that follows a lab', () => {
  it('says the same of the same log, whoever executed the commands and when he was told of the ones before', () => {
    const [direct, within] = [run('outside'), run('a subscriber')];
    expect(within.lab.log).toEqual(direct.lab.log);
    expect(within.folded).toEqual(direct.folded);
    expect(within.heard).toEqual(within.folded);
    expect(direct.folded.map(({ hazard, position, text }) => [hazard, position, text])).toEqual([
      ['H1', 6, expect.stringMatching(/^pin 1 holds frame 1 for page 0x4, its owner sees frame \d+: copy-on-write/)],
      ['H2', 8, expect.stringContaining('fork() left it out')],
    ]);
  });

  it('is looked at with the world as it was after the entry, not as it is when others hear of it', () => {
    const values = new Values();
    const lab = newLab();
    const seen: number[] = [];
    lab.commits$.subscribe(({ command }) => {
      seen.push(lab.world.page(0, 4).value);
      if (command.type === 'Store' && command.value === 8) lab.execute(AFTERWARDS);
    });
    lab.follow(values);
    for (const command of PROGRAM) lab.execute(command);
    expect(values.value).toEqual([0, 0, 7, 7, 7, 7, 8, 0, 0]);
    expect(seen).toEqual([0, 0, 7, 7, 7, 7, 8, 0, 0]);
  });

  it('comes to the same value from the log alone, and when it is opened late', () => {
    const models = () =>
      [new Findings(), new PinLedger(), new IsolationWatch(), new ForkHoles(), new PteHistory(0, 4, G), new Costs(),
        new Values()] as const;
    const { lab } = run('a subscriber');
    const followed = newLab();
    const folded = models().map((model) => followed.follow(model));
    for (const { command } of lab.log) followed.execute(command);
    const values = folded.map(({ value }) => value);
    expect(project(lab.log, G, ...models())).toEqual(values);
    expect(models().map((model) => lab.follow(model).value)).toEqual(values);
    expect(values.map((value) => (value instanceof Map ? value.size : Object.keys(value as object).length)))
      .toEqual([2, 1, 0, 1, 4, 13, 9]);
  });

  it('stays as it is when it follows no longer', () => {
    const lab = newLab();
    const values = lab.follow(new Values());
    lab.execute({ type: 'Spawn', task: 0 });
    lab.unfollow(values);
    lab.execute(mapped);
    expect(values.value).toEqual([0]);
  });

  it('that throws is followed no more, and whoever executed the command is told', () => {
    const lab = newLab();
    const values = new Values();
    const heard: string[] = [];
    lab.commits$.subscribe(({ command }) => heard.push(command.type));
    lab.follow({ value: null, apply: () => {
      throw new Error('cannot count');
    } });
    lab.follow(values);
    expect(() => lab.execute({ type: 'Spawn', task: 0 })).toThrow('cannot count');
    lab.execute(mapped);
    expect([heard, values.value, lab.log.length]).toEqual([['Spawn', 'Mmap'], [0, 0], 2]);
  });

  it('executes nothing: it is told in the middle of a command', () => {
    const lab = newLab();
    lab.follow({ value: null, apply: () => void lab.execute(mapped) });
    expect(() => lab.execute({ type: 'Spawn', task: 0 })).toThrow('Mmap in the middle of another command');
  });
});
