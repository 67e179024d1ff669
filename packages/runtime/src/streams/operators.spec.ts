import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, type Overlay, PAGE_SIZE, PROT_READ,
  PROT_WRITE, stackPolicies, toyGeometry } from '@cowlab/core';
import { map as mapTo, type Observable, toArray } from 'rxjs';
import { costsOf } from '../models/costs.ts';
import { type Finding, Findings } from '../models/findings.ts';
import { pageHistory } from '../models/history.ts';
import { Lab } from '../lab.ts';
import { changesOf, countPages, findings, inMm, ofType, runningCosts } from './operators.ts';

const G = toyGeometry();
const count: Overlay = { id: 'count', hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } };
const pin = (id: number, task: number): Command => ({ type: 'Pin', task, pin: id, vpn: 4, nr: 2,
  flags: FOLL_PIN | FOLL_WRITE, device: 1 });
const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  { type: 'Store', task: 0, vpn: 4, nr: 4, value: 7 },
  pin(1, 0),
  { type: 'Fork', task: 0, child: 1 },
  { type: 'Store', task: 0, vpn: 4, nr: 1, value: 8 },
  pin(2, 1),
  { type: 'DeviceStore', pin: 2, index: 0, value: 9 },
];

/** What a stream of a lab gives until it is closed. */
function collect<T>(subscribe: (lab: Lab) => Observable<T>): { lab: Lab; values: T[] } {
  const lab = new Lab({ policy: stackPolicies([count]), geometry: G });
  let values: T[] = [];
  subscribe(lab).pipe(toArray()).subscribe((all) => (values = all));
  for (const command of PROGRAM) lab.execute(command);
  lab.close();
  return { lab, values };
}

describe('operators', () => {
  it('ofType() narrows to the facts that were named', () => {
    const { values } = collect((lab) =>
      lab.events$.pipe(ofType('CowBroken', 'PtesShared'), mapTo((
        { position, event },
      ) => (event.type === 'CowBroken' ? [position, event.pfn, event.nr] : [position, event.from, event.to])))
    );
    expect(values).toEqual([[4, 0, 1], [5, 5, 1], [6, 6, 2]]);
  });

  it('inMm() follows an mm through fork(), and its pins', () => {
    const { lab, values } = collect((lab) => lab.events$.pipe(inMm(1)));
    const expected = lab.log.flatMap(({ position, events }) => (position < 4 || position === 5 ? [] : events)).filter((
      event,
    ) => event.type !== 'WriteProtectSeqMoved');
    expect(values.map(({ event }) => event)).toEqual(expected);
    expect(values.some(({ event }) => event.type === 'DeviceStored')).toBe(true);
    expect(collect((lab) => lab.events$.pipe(inMm(0))).values.map(({ event }) => event.type)).not.toContain(
      'DeviceStored',
    );
  });

  it('inMm() does not take the target of a move for an mm', () => {
    const lab = new Lab({ policy: stackPolicies([]), geometry: G });
    let moves = 0;
    lab.events$.pipe(inMm(20)).subscribe(() => moves++);
    for (const command of PROGRAM.slice(0, 3)) lab.execute(command);
    const moved = lab.execute({ type: 'Mremap', task: 0, addr: 4 * PAGE_SIZE, oldLength: PAGE_SIZE,
      newLength: PAGE_SIZE, flags: 3, newAddr: 20 * PAGE_SIZE });
    expect([moved.events.some((event) => event.type === 'PtesMoved' && event.to === 20), moves]).toEqual([true, 0]);
  });

  it('changesOf() is the history of an entry as it is made', () => {
    const { lab, values } = collect((lab) => lab.events$.pipe(changesOf(0, 4, G)));
    expect(values).toEqual(pageHistory(lab.log, 0, 4, G));
    expect(values.map(({ event }) => event.type)).toEqual(['AnonPagesMapped', 'PtesShared', 'CowBroken']);
  });

  it('countPages() says how many pages each fact covers', () => {
    const { values } = collect((lab) =>
      lab.events$.pipe(ofType('AnonPagesMapped', 'PtesShared', 'CowBroken', 'TaskStarted'), countPages(G))
    );
    expect(values).toEqual([0, 4, 4, 0, 1, 2]);
  });

  it('runningCosts() adds up to the costs of the log', () => {
    const { lab, values } = collect((lab) => lab.commits$.pipe(runningCosts(G)));
    expect(values).toHaveLength(PROGRAM.length);
    expect(values.at(-1)).toEqual(costsOf(lab.log, G));
    expect(values.map(({ pagesCopiedOnWrite }) => pagesCopiedOnWrite)).toEqual([0, 0, 0, 0, 0, 1, 3, 3]);
  });

  it('findings() reports hazards as the commands that cause them are committed', () => {
    const { values } = collect<Finding>((lab) => lab.commits$.pipe(findings(lab)));
    expect(values.map(({ hazard, position }) => [hazard, position])).toEqual([['H1', 5]]);
    const lab = new Lab({ policy: stackPolicies([count]), geometry: G });
    const tracker = lab.follow(new Findings());
    for (const command of PROGRAM) lab.execute(command);
    expect(tracker.value).toEqual(values);
  });
});
