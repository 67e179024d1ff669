import { describe, expect, it } from '@jest/globals';
import { diagram } from './diagram.ts';
import { explain } from './explain.ts';
import { mermaid } from './mermaid.ts';
import { perfetto } from './perfetto.ts';
import type { Trail, TrailStep } from './trail.ts';

/** A step with only what is said about it. */
function step(actor: number, op: string, name: string, more: Partial<TrailStep> = {}): TrailStep {
  return { actor, op, step: name, kind: 'step', reads: [], writes: [], buffered: false, critical: false, ...more };
}

const FORK = 'fork 0 1';
const PIN = 'pin 0 0 0 0 1';

/** @kernel v5.9; closed by 57efa1fe5957 gup: prevent gup_fast from racing with COW during fork */
const MERGED_IN_5_9: Trail = {
  scenario: 'merged-5.9',
  title: 'fork() tests for pins, then write-protects',
  lane: 'linux-5.9',
  memory: 'sc',
  actors: [
    { name: 'CPU0', what: 'fork()' },
    { name: 'CPU1', what: 'fast GUP' },
  ],
  steps: [
    step(0, FORK, 'take mmap_lock for writing'),
    step(0, FORK, 'take the PTE lock'),
    step(0, FORK, 'test for pins', { reads: [{ word: 'has_pinned', value: '0' }], critical: true }),
    step(1, PIN, 'has_pinned := 1', { writes: [{ word: 'has_pinned', value: '1', old: '0' }] }),
    step(1, PIN, 'read pte', { reads: [{ word: 'pte[0]', value: 'W pfn 3' }] }),
    step(1, PIN, 'add 1024 pins', {
      reads: [{ word: 'ref[3]', value: '1' }],
      writes: [{ word: 'ref[3]', value: '1025', old: '1' }],
      critical: true,
    }),
    step(1, PIN, 'read pte again', { reads: [{ word: 'pte[0]', value: 'W pfn 3' }], critical: true }),
    step(0, FORK, 'pte := R', { writes: [{ word: 'pte[0]', value: 'R pfn 3', old: 'W pfn 3' }], critical: true }),
    step(0, FORK, 'share the page', { writes: [{ word: 'child pte[0]', value: 'R pfn 3', old: 'none' }] }),
  ],
  broken: [{ spec: 'dma-coherence',
    what: 'page 0 is pinned for the device and shared with the child; the next write moves the parent away from it' }],
  end: ['pfn 3 has 1024 pins and is mapped by parent and child.'],
  schedule: 'A3 B4 A2',
  command: "cowlab check merged-5.9 --lane linux-5.9 --replay 'A3 B4 A2'",
};

/** The trick of the posted v2 where write-protecting is a plain store, with a third CPU that only looks on. */
const PLAIN_STORE: Trail = {
  scenario: 'v2-plain-store',
  title: 'write-protect, then test for pins, with a plain store',
  lane: 'v2',
  memory: 'tso',
  actors: [
    { name: 'parent', what: 'fork()' },
    { name: 'second thread', what: 'fast GUP' },
    { name: 'third thread', what: 'a load' },
  ],
  steps: [
    step(0, FORK, 'pte := R', { writes: [{ word: 'pte[0]', value: 'R pfn 3', old: 'W pfn 3' }], buffered: true,
      critical: true }),
    step(0, FORK, 'read has_pinned', { reads: [{ word: 'has_pinned', value: '0' }], critical: true }),
    step(1, PIN, 'has_pinned := 1', { writes: [{ word: 'has_pinned', value: '1', old: '0' }] }),
    step(1, PIN, 'ref += 1024', { reads: [{ word: 'ref[3]', value: '1' }],
      writes: [{ word: 'ref[3]', value: '1025', old: '1' }] }),
    step(1, PIN, 'read pte again', { reads: [{ word: 'pte[0]', value: 'W pfn 3' }], critical: true }),
    step(0, FORK, 'pte := R', { kind: 'flush', writes: [{ word: 'pte[0]', value: 'R pfn 3', old: 'W pfn 3' }],
      critical: true }),
    step(2, 'read 0 0', 'load', { reads: [{ word: 'pte[0]', value: 'R pfn 3' }] }),
  ],
  broken: [{ spec: 'dma-coherence', what: 'page 0 is pinned and shared' }],
  end: [],
  schedule: 'A2 B3 A!1 C1',
  command: "cowlab check v2-plain-store --lane v2 --memory tso --geometry toy --pages 1 --replay 'A2 B3 A!1 C1'",
};

/** As it is printed; the first and the last line break belong to the literal. */
function printed(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

describe('the diagram of a trail', () => {
  it('folds what does not matter, marks what does, and ends with the command', () => {
    expect(printed(diagram(MERGED_IN_5_9))).toBe(`
fork() tests for pins, then write-protects (linux-5.9, sequentially
consistent)

CPU0                                         CPU1
fork()                                       fast GUP
------                                       --------
fork 0 1
  ... (2 steps)
* test for pins (has_pinned = 0)
                                             pin 0 0 0 0 1
                                               ... (2 steps)
                                             * add 1024 pins
                                                 ref[3]: 1 -> 1025
                                             * read pte again
                                                 pte[0] = W pfn 3
* pte := R (pte[0]: W pfn 3 -> R pfn 3)
  share the page
    child pte[0]: none -> R pfn 3

* the order of this step against another CPU matters
Broken: dma-coherence: page 0 is pinned for the device and shared with the
  child; the next write moves the parent away from it
Replay:
  cowlab check merged-5.9 --lane linux-5.9 --replay 'A3 B4 A2'
`);
  });

  it('shows every step on request', () => {
    expect(printed(diagram(MERGED_IN_5_9, { all: true }).slice(3, -6))).toBe(`
CPU0                                        CPU1
fork()                                      fast GUP
------                                      --------
fork 0 1
  take mmap_lock for writing
  take the PTE lock
* test for pins (has_pinned = 0)
                                            pin 0 0 0 0 1
                                              has_pinned := 1
                                                has_pinned: 0 -> 1
                                              read pte (pte[0] = W pfn 3)
                                            * add 1024 pins
                                                ref[3]: 1 -> 1025
                                            * read pte again
                                                pte[0] = W pfn 3
* pte := R (pte[0]: W pfn 3 -> R pfn 3)
  share the page
    child pte[0]: none -> R pfn 3
`);
  });

  it('gives three CPUs the width that each needs, and shows when a buffered store reaches memory', () => {
    expect(printed(diagram(PLAIN_STORE))).toBe(`
write-protect, then test for pins, with a plain store (v2, x86-TSO)

CPU0 (parent)                    CPU1 (second thread)  CPU2 (third thread)
fork()                           fast GUP              a load
-------------                    --------------------  -------------------
fork 0 1
* pte := R [buffered]
    pte[0]: W pfn 3 -> R pfn 3
* read has_pinned
    has_pinned = 0
                                 pin 0 0 0 0 1
                                   ... (2 steps)
                                 * read pte again
                                     pte[0] = W pfn 3
* flush pte := R
    pte[0]: W pfn 3 -> R pfn 3
                                                       read 0 0
                                                         load
                                                           pte[0] = R pfn 3

* the order of this step against another CPU matters
Broken: dma-coherence: page 0 is pinned and shared
Replay:
  cowlab check v2-plain-store --lane v2 --memory tso --geometry toy \\
    --pages 1 --replay 'A2 B3 A!1 C1'
`);
  });

  it('shows every step of a trail that nobody minimised', () => {
    const steps = MERGED_IN_5_9.steps.map((each) => ({ ...each, critical: false }));
    const marked = diagram(MERGED_IN_5_9, { all: true }).filter((line) => !line.startsWith('* the order'));
    expect(diagram({ ...MERGED_IN_5_9, steps })).toEqual(marked.map((line) => line.replace('* ', '  ')));
  });

  it('lists the steps of more than four CPUs in one column', () => {
    const actors = [0, 1, 2, 3, 4].map((actor) => ({ name: `CPU${actor}`, what: 'a load' }));
    const lines = diagram({ ...PLAIN_STORE, actors, steps: [...PLAIN_STORE.steps, step(4, 'read 1 0', 'load')] });
    expect(printed(lines.slice(6, -6))).toBe(`
CPU4: a load

CPU0  fork 0 1
CPU0  * pte := R [buffered] (pte[0]: W pfn 3 -> R pfn 3)
CPU0  * read has_pinned (has_pinned = 0)
CPU1  pin 0 0 0 0 1
CPU1    ... (2 steps)
CPU1  * read pte again (pte[0] = W pfn 3)
CPU0  * flush pte := R (pte[0]: W pfn 3 -> R pfn 3)
CPU2  read 0 0
CPU2    load (pte[0] = R pfn 3)
CPU4  read 1 0
CPU4    load
`);
  });
});

describe('the explanation of a trail', () => {
  it('tells for each step which word it read or changed, and who sees it', () => {
    expect(printed(explain({ ...PLAIN_STORE, end: ['pfn 3 is pinned and mapped twice.'] }))).toBe(`
v2-plain-store: write-protect, then test for pins, with a plain store (v2,
  x86-TSO)
A is CPU0 (parent): fork()
B is CPU1 (second thread): fast GUP
C is CPU2 (third thread): a load
Schedule: A2 B3 A!1 C1

1. CPU0 fork 0 1: pte := R (*)
     buffers  pte[0]: W pfn 3 -> R pfn 3
              only CPU0 sees this until its store buffer is flushed
2. CPU0 fork 0 1: read has_pinned (*)
     reads    has_pinned = 0
3. CPU1 pin 0 0 0 0 1: has_pinned := 1
     changes  has_pinned: 0 -> 1
4. CPU1 pin 0 0 0 0 1: ref += 1024
     reads    ref[3] = 1
     changes  ref[3]: 1 -> 1025
5. CPU1 pin 0 0 0 0 1: read pte again (*)
     reads    pte[0] = W pfn 3
6. CPU0 fork 0 1: flush pte := R (*)
     changes  pte[0]: W pfn 3 -> R pfn 3
              now every CPU sees this
7. CPU2 read 0 0: load
     reads    pte[0] = R pfn 3

(*) the order of this step against another CPU matters
pfn 3 is pinned and mapped twice.
Broken: dma-coherence: page 0 is pinned and shared
`);
  });

  it('says so where a step touches no shared word or stores what was there before', () => {
    const rewrite = { word: 'seq', value: '1', old: '1' };
    const steps = [step(0, FORK, 'take mmap_lock'), step(0, FORK, 'seq := 1', { writes: [rewrite] })];
    expect(printed(explain({ ...MERGED_IN_5_9, steps }).slice(6, 10))).toBe(`
1. CPU0 fork 0 1: take mmap_lock
     touches  no shared word
2. CPU0 fork 0 1: seq := 1
     rewrites seq: 1 -> 1
`);
  });
});

describe('a trail as a Mermaid sequence diagram', () => {
  it('shows stores, loads, the store buffer and its flush', () => {
    expect(`\n${mermaid(PLAIN_STORE)}`).toBe(`
sequenceDiagram
  title write-protect, then test for pins, with a plain store (v2, x86-TSO)
  participant CPU0 as CPU0 (parent)<br/>fork()
  participant CPU1 as CPU1 (second thread)<br/>fast GUP
  participant CPU2 as CPU2 (third thread)<br/>a load
  participant Memory as memory
  Note over CPU0: fork 0 1
  rect rgb(255, 228, 196)
  CPU0->>CPU0: pte := R<br/>in the store buffer<br/>pte[0]: W pfn 3 -#62; R pfn 3
  Memory-->>CPU0: read has_pinned<br/>has_pinned = 0
  end
  Note over CPU1: pin 0 0 0 0 1
  CPU1->>Memory: has_pinned := 1<br/>has_pinned: 0 -#62; 1
  CPU1->>Memory: ref += 1024<br/>ref[3]: 1 -#62; 1025
  rect rgb(255, 228, 196)
  Memory-->>CPU1: read pte again<br/>pte[0] = W pfn 3
  CPU0-)Memory: flush pte := R<br/>pte[0]: W pfn 3 -#62; R pfn 3
  end
  Note over CPU2: read 0 0
  Memory-->>CPU2: load<br/>pte[0] = R pfn 3
  Note over CPU0,Memory: Broken: dma-coherence: page 0 is pinned and shared
`);
  });

  it('writes what Mermaid would take for syntax as character codes', () => {
    const op = 'wrap: the end; #35; %% <b>"x"</b> {y} &amp; \u00e9\n next ->> B: \u{1F411}\uD800';
    const notes = mermaid({ ...MERGED_IN_5_9, steps: [step(0, op, op)] }).split('\n').filter((line) =>
      line.includes('over CPU0:')
    );
    const escaped = 'wrap#58; the #101;nd#59; #35;35#59; #37;#37; #60;b#62;#34;x#34;#60;/b#62; '
      + '#123;y#125; #38;amp#59; #233; next -#62;#62; B: #128017;#65533;';
    expect(notes).toEqual([`  Note over CPU0: ${escaped}`, `  Note over CPU0: ${escaped}`]);
  });
});

describe('a trail as Perfetto trace', () => {
  const arrows = (trail: Trail) =>
    perfetto(trail).traceEvents.flatMap((event) =>
      event.ph === 's' || event.ph === 'f'
        ? [`${event.ph}${event.id} ${event.name} track ${event.tid} at ${event.ts}`]
        : []
    );

  it('draws an arrow from a flush, not from its buffered store, to the load by another actor that saw it', () => {
    expect(arrows(PLAIN_STORE)).toEqual(['s1 pte[0] track 1 at 55', 'f1 pte[0] track 3 at 65']);
  });

  it('draws no arrow to a load that came first, read its own store, or was answered by its store buffer', () => {
    expect(arrows(MERGED_IN_5_9)).toEqual([]);
    const word = 'seq';
    const write = { writes: [{ word, value: '1' }] };
    const steps = [
      step(1, PIN, 'seq := 1', { ...write, buffered: true }),
      step(0, FORK, 'seq := 1', write),
      step(0, FORK, 'read seq', { reads: [{ word, value: '1' }] }),
      step(1, PIN, 'read seq', { reads: [{ word, value: '1' }] }),
      step(1, PIN, 'seq := 1', { ...write, kind: 'flush' }),
      step(0, FORK, 'read seq', { reads: [{ word, value: '1' }] }),
    ];
    expect(arrows({ ...MERGED_IN_5_9, steps })).toEqual(['s1 seq track 2 at 45', 'f1 seq track 1 at 55']);
  });

  it('names the tracks and puts the accesses into the arguments of a step', () => {
    const { traceEvents } = perfetto(MERGED_IN_5_9);
    expect(traceEvents.filter(({ name }) => name === 'thread_name')).toEqual([
      { ph: 'M', pid: 1, tid: 1, name: 'thread_name', args: { name: 'CPU0: fork()' } },
      { ph: 'M', pid: 1, tid: 2, name: 'thread_name', args: { name: 'CPU1: fast GUP' } },
    ]);
    expect(traceEvents.find(({ name }) => name === 'add 1024 pins')).toEqual({
      ...{ ph: 'X', pid: 1, tid: 2, name: 'add 1024 pins', cat: 'step', ts: 51, dur: 8 },
      args: { op: PIN, 'read ref[3]': '1', 'write ref[3]': '1 -> 1025', buffered: false, critical: true },
    });
  });

  it('keeps the operation of an actor open while others move', () => {
    const slices = perfetto(MERGED_IN_5_9).traceEvents.filter((event) => event.ph === 'X' && event.cat === 'op');
    expect(slices).toMatchObject([
      { name: FORK, tid: 1, ts: 0, dur: 90 },
      { name: PIN, tid: 2, ts: 30, dur: 40 },
    ]);
  });
});
