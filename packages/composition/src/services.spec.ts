import { describe, expect, it } from '@jest/globals';
import { type FrameAllocator, type LogEntry, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE,
  toyGeometry } from '@cowlab/core';
import { addCosts, type CostClock, type CostCounters, type EventSink, formatLog, type Lab, type LogSource, NO_COSTS,
  readLog } from '@cowlab/runtime';
import { ContainerModule } from 'inversify';
import { catalogueOf } from './catalogue.ts';
import { compose, createLab } from './compose.ts';
import { resolveLanes } from './lanes.ts';
import { Services, type TracepointListener } from './services.ts';
import type { Token } from './token.ts';

const geometry = toyGeometry();
const PAGE = 4096;

/** Four pages of task 0, written; one of them pinned; forked; one written again. */
function forkSome(lab: Lab): Lab {
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'Mmap', task: 0, addr: 4 * PAGE, length: 4 * PAGE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS });
  lab.execute({ type: 'Store', task: 0, vpn: 4, nr: 4, value: 7 });
  lab.execute({ type: 'Fork', task: 0, child: 1 });
  lab.execute({ type: 'Store', task: 1, vpn: 5, nr: 1, value: 8 });
  return lab;
}

const binding = <T>(service: Token<T>, value: T): ContainerModule =>
  new ContainerModule(({ bind }) => void bind(service).toConstantValue(value));
/** What nobody could write with types: plain JavaScript. */
const oddly = (service: Token<never>, value: unknown): ContainerModule => binding<unknown>(service, value);
const withModules = (...modules: readonly ContainerModule[]): Promise<Lab> =>
  createLab({ lane: 'linux-5.9', geometry, modules });

async function complaint(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (cause) {
    return `${(cause as Error).name}: ${(cause as Error).message}`;
  }
}

describe('a lab that nothing is bound in', () => {
  it('is the one that compose() makes, and that all commands use', async () => {
    const [composed] = compose(await resolveLanes('linux-5.9', await catalogueOf()), { geometry });
    expect(formatLog(forkSome(await withModules()))).toBe(formatLog(forkSome(composed)));
  });

  it('is one lab: two lanes are none', async () => {
    expect(await complaint(() => createLab({ lane: 'linux-5.9,linux-5.7' }))).toBe(
      'CompositionError: createLab: 2 lanes are one lab each; name one, or call compose(lanes)',
    );
  });
});

describe("an event sink of one's own", () => {
  it('is told of each entry when it is in the log, before any subscriber, and of the end', async () => {
    const told: string[] = [];
    let source: LogSource | null = null;
    const sink: EventSink = { open: (lab) => void (source = lab), close: () => void told.push('closed'),
      write: ({ position }) => void told.push(`sink ${position} of ${source?.log.length}`) };
    const lab = await withModules(binding(Services.EventSink, sink));
    lab.commits$.subscribe(({ position }) => told.push(`subscriber ${position}`));
    lab.execute({ type: 'Spawn', task: 0 });
    lab.execute({ type: 'Exit', task: 0 });
    lab.close();
    lab.close();
    expect(told).toEqual(['sink 0 of 1', 'subscriber 0', 'sink 1 of 2', 'subscriber 1', 'closed']);
    expect(source).toBe(lab);
  });

  it('may be one of several, and each lane has its own', async () => {
    const made: LogEntry[][] = [];
    const module = new ContainerModule(({ bind }) => {
      for (const nr of [0, 1]) {
        bind(Services.EventSink).toDynamicValue(() => {
          const written: LogEntry[] = [];
          made.push(written);
          return { write: (entry) => void (nr === 0 && written.push(entry)) };
        }).inSingletonScope();
      }
    });
    const labs = compose(await resolveLanes('linux-5.7,linux-5.9', await catalogueOf()), { geometry }, [module]);
    labs.forEach(forkSome);
    expect(made.filter((entries) => entries.length > 0)).toEqual(labs.map(({ log }) => log));
    expect(made).toHaveLength(4);
  });

  it('that throws ends no command: the entry is there, the error is thrown, the sink is told nothing more', async () => {
    let writes = 0;
    const lab = await withModules(binding(Services.EventSink, { write: () => {
      writes++;
      throw new Error('the disk is full');
    } }));
    expect(() => lab.execute({ type: 'Spawn', task: 0 })).toThrow('the disk is full');
    lab.execute({ type: 'Exit', task: 0 });
    expect([writes, lab.log.length]).toEqual([1, 2]);
  });
});

describe("a frame allocator of one's own", () => {
  /** Every second frame: memory where no two neighbours are free. */
  const scattered: FrameAllocator = { name: 'scattered', hugeFrame: (memory, nr) => memory.lowestRun(nr),
    frame: (memory) => {
      let pfn = 2;
      while (!memory.isFree(pfn)) pfn += 2;
      return pfn;
    } };
  const framesOf = (lab: Lab): number[] => [4, 5, 6, 7].map((vpn) => lab.world.frameAt(0, vpn));

  it('chooses the frames, and the log replays to the same world without it', async () => {
    const [lab, usual] = [forkSome(await withModules(binding(Services.FrameAllocator, scattered))),
      forkSome(await withModules())];
    expect([framesOf(lab), framesOf(usual)]).toEqual([[2, 4, 6, 8], [1, 2, 3, 4]]);
    expect(lab.world.frameAt(1, 5)).toBe(10);
    // Reading a log replays it: it must lead to the world that it was closed with.
    expect(readLog(formatLog(lab), 'kept').hash).toBe(lab.hash);
    expect(formatLog(forkSome(await withModules(binding(Services.FrameAllocator, scattered))))).toBe(formatLog(lab));
  });

  it('does not change what happens, only where', async () => {
    const shapes = async (...modules: ContainerModule[]): Promise<string[]> =>
      forkSome(await withModules(...modules)).log.map(({ command, result }) => JSON.stringify([command, result]));
    expect(await shapes(binding(Services.FrameAllocator, scattered))).toEqual(await shapes());
  });

  it('goes on in a machine that is branched off', async () => {
    const lab = await withModules(binding(Services.FrameAllocator, scattered));
    expect(lab.branch().frames).toBe(scattered);
  });

  it.each<[string, (memory: Parameters<FrameAllocator['frame']>[0]) => unknown, string]>([
    ['a frame that is in use', () => 2,
      '`frame` chose 2, which is not free; ask `memory.isFree(pfn)`, or take `memory.lowest()`'],
    ['the zero page', () => 0, '`frame` chose 0; choose a free frame, or -1 for none'],
    ['half a frame', () => 1.5, '`frame` chose 1.5; choose a free frame, or -1 for none'],
    ['a frame that no machine has', () => 2 ** 30,
      `\`frame\` chose ${2 ** 30}, which is not free; ask \`memory.isFree(pfn)\`, or take \`memory.lowest()\``],
    ['nothing', () => undefined, '`frame` chose undefined; choose a free frame, or -1 for none'],
    ['an error', () => {
      throw new Error('no idea');
    }, '`frame` threw: no idea; mend it'],
  ])('that answers %s is refused by name', async (_what, frame, message) => {
    const lab = await withModules(oddly(Services.FrameAllocator as Token<never>, { ...scattered, frame }));
    expect(await complaint(() => forkSome(lab))).toBe(
      `FrameAllocatorError: frame allocator 'scattered': ${message}`,
    );
  });

  it('that leaves it to chance, or keeps count by itself, is refused: no search and no branch could follow it', async () => {
    let next = 1;
    const lab = await withModules(binding(Services.FrameAllocator, { ...scattered, frame: () => next++ }));
    expect(await complaint(() => forkSome(lab))).toBe(
      "FrameAllocatorError: frame allocator 'scattered': `frame` chose 1, and 2 when it was asked again; "
        + 'let the choice depend on the memory alone: no chance, no counter of its own',
    );
  });

  it('that has no memory left makes the store fail as the kernel does', async () => {
    const lab = await withModules(binding(Services.FrameAllocator, { ...scattered, frame: () => -1 }));
    forkSome(lab);
    expect(lab.log[2].result).toMatchObject({ ok: false, errno: 'ENOMEM' });
  });
});

describe("a tracepoint listener of one's own", () => {
  it('hears each atomic step and fact from the first command on, and changes nothing', async () => {
    const steps: string[] = [];
    const facts: string[] = [];
    const lab = await withModules(binding<TracepointListener>(Services.TracepointListener, {
      step: (path, step) => void steps.push(`${path}: ${step}`),
      fact: ({ type }) => void facts.push(type),
    }));
    forkSome(lab);
    expect(steps).toContain('fork: read has_pinned');
    // Each page is a fact of its own here; the log joins them into a run.
    expect(facts.filter((type) => type === 'AnonPagesMapped')).toHaveLength(4);
    expect(formatLog(lab)).toBe(formatLog(forkSome(await withModules())));
  });
});

describe("a cost clock of one's own", () => {
  const NS = { entry: 29, copy: 1212 };
  type Timed = CostCounters & { readonly nanoseconds: number };
  const timed: CostClock<Timed> = { name: 'timed', start: { ...NO_COSTS, nanoseconds: 0 }, add: (costs, entry, of) => {
    const sum = addCosts(costs, entry, of);
    return { ...sum, nanoseconds: costs.nanoseconds + (sum.ptesVisited - costs.ptesVisited) * NS.entry
      + (sum.bytesCopied - costs.bytesCopied) / PAGE * NS.copy };
  } };

  it('is what the costs of the lab are read from', async () => {
    const lab = forkSome(await withModules(binding<CostClock>(Services.CostClock, timed)));
    const { nanoseconds, ...counts } = lab.costs as Timed;
    expect(counts).toEqual(forkSome(await withModules()).costs);
    expect(nanoseconds).toBe(4 * NS.entry + NS.copy);
  });

  it('that shows no number is refused by name', async () => {
    const odd = { ...timed, add: (costs: Timed) => ({ ...costs, faults: { ...costs.faults, cow: NaN } }) };
    const lab = await withModules(binding<CostClock>(Services.CostClock, odd));
    expect(lab.costs).toEqual({ ...NO_COSTS, nanoseconds: 0 });
    lab.execute({ type: 'Spawn', task: 0 });
    expect(await complaint(() => lab.costs)).toBe(
      "CostClockError: cost clock 'timed': shows no number for 'faults.cow' after command 0 (Spawn); "
        + 'begin with `...NO_COSTS` and go on with `...addCosts(costs, entry, geometry)`',
    );
  });
});

describe('a binding that cannot be one is refused before the first command', () => {
  it.each<[string, keyof typeof Services, unknown, string]>([
    ['a sink that is a function', 'EventSink', () => undefined, 'is a function; bind { write(entry) { ... } }'],
    ['a sink that does not write', 'EventSink', { append: () => undefined },
      "has no function 'write'; bind { write(entry) { ... } }"],
    ['a sink whose end is a word', 'EventSink', { write: () => undefined, close: 'now' },
      "'close' is no function; bind { write(entry) { ... } }"],
    ['an allocator for small pages alone', 'FrameAllocator', { name: 'x', frame: () => 1 },
      "has no function 'hugeFrame'; bind { name: '...', frame(memory) { ... }, hugeFrame(memory, nr) { ... } }"],
    ['an allocator without a name', 'FrameAllocator', { frame: () => 1, hugeFrame: () => 1 },
      "has no name; bind { name: '...', frame(memory) { ... }, hugeFrame(memory, nr) { ... } }"],
    ['a listener with a slip', 'TracepointListener', { steps: () => undefined },
      "has neither step nor fact, but 'steps'; did you mean 'step'?"],
    ['nothing', 'CostClock', null,
      "is null; bind { name: '...', start: NO_COSTS, add(costs, entry, geometry) { ... } }"],
  ])('%s', async (_what, service, value, message) => {
    expect(await complaint(() => withModules(oddly(Services[service] as Token<never>, value)))).toBe(
      `CompositionError: binding of ${service}: ${message}`,
    );
  });

  it('a clock that begins with nothing', async () => {
    const module = oddly(Services.CostClock as Token<never>, { name: 'bare', start: {}, add: addCosts });
    expect(await complaint(() => withModules(module))).toContain(
      "cost clock 'bare': shows no number for 'ptesVisited' before the first command",
    );
  });

  it('one of two where one is asked', async () => {
    const clock = { name: 'x', start: NO_COSTS, add: addCosts };
    expect(await complaint(() => withModules(binding(Services.CostClock, clock), binding(Services.CostClock, clock))))
      .toBe('CompositionError: binding of CostClock: there are 2 of it; bind one');
  });

  it('what a module throws, and what is no module', async () => {
    const throwing = new ContainerModule(() => {
      throw new Error('no\nfile');
    });
    const late = new ContainerModule(({ bind }) => {
      bind(Services.EventSink).toDynamicValue(() => {
        throw new Error('no dashboard');
      });
    });
    expect(await complaint(() => withModules(throwing))).toBe(
      'CompositionError: modules[0]: cannot be loaded: no; mend it',
    );
    expect(await complaint(() => withModules(late))).toContain('binding of EventSink: gives nothing: no dashboard');
    expect(await complaint(() => withModules({} as never))).toBe(
      'CompositionError: modules[0]: is no module; write new ContainerModule(({ bind }) => { ... })',
    );
  });
});
