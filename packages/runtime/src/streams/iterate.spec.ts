import { describe, expect, it } from '@jest/globals';
import { type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  toyGeometry } from '@cowlab/core';
import { Subject, toArray } from 'rxjs';
import { Lab } from '../lab.ts';
import { readLog } from '../log/read-log.ts';
import { formatLog } from '../log/write-log.ts';
import { iterate } from './iterate.ts';
import { streamsOf } from './kept.ts';

const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  { type: 'Store', task: 0, vpn: 4, nr: 4, value: 7 },
  { type: 'Fork', task: 0, child: 1 },
];
const newLab = (): Lab => new Lab({ policy: stackPolicies([]), geometry: toyGeometry() });

async function listOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('a stream as an async iteration', () => {
  it('gives everything from the call on, also what came before anybody asked', async () => {
    const lab = newLab();
    lab.execute(PROGRAM[0]);
    const entries = iterate(lab.commits$);
    for (const command of PROGRAM.slice(1)) lab.execute(command);
    lab.close();
    const seen: string[] = [];
    for await (const { command } of entries) seen.push(command.type);
    expect(seen).toEqual(['Mmap', 'Store', 'Fork']);
  });

  it('waits for what has not happened yet', async () => {
    const lab = newLab();
    const entries = iterate(lab.commits$);
    const first = entries.next();
    lab.execute(PROGRAM[0]);
    expect((await first).value).toMatchObject({ command: { type: 'Spawn' } });
    const last = entries.next();
    lab.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('ends its subscription when the loop is left, and passes on an error once', async () => {
    const source = new Subject<number>();
    const numbers = iterate(source);
    source.next(1);
    for await (const nr of numbers) {
      expect(nr).toBe(1);
      break;
    }
    expect(source.observed).toBe(false);
    const broken = iterate(source);
    source.next(2);
    source.error(new Error('torn'));
    expect(await broken.next()).toEqual({ done: false, value: 2 });
    await expect(broken.next()).rejects.toThrow('torn');
    expect(await broken.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a log that was kept', () => {
  it('comes as the same streams as the lab had', async () => {
    const lab = newLab();
    const live = { commits: iterate(lab.commits$), events: iterate(lab.events$) };
    for (const command of PROGRAM) lab.execute(command);
    lab.close();
    const kept = streamsOf(readLog(formatLog(lab), 'kept'));
    for (const [stream, came] of [[kept.commits$, live.commits], [kept.events$, live.events]] as const) {
      let all: unknown[] = [];
      (stream as typeof kept.commits$).pipe(toArray()).subscribe((values) => (all = values));
      expect(all).toEqual(await listOf(came));
    }
  });
});
