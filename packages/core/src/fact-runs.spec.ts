import { describe, expect, it } from '@jest/globals';
import { eventsThat } from './event-kinds.ts';
import type { Event } from './events.ts';
import { Recorder } from './fact-runs.ts';

const mapped = (vpn: number, pfn: number): Event => ({ type: 'AnonPagesMapped', mm: 0, vpn, nr: 1, pfn, write: true,
  exclusive: false });
const stored = (vpn: number): Event => ({ type: 'PagesStored', mm: 0, vpn, nr: 1, value: 7 });
const broken = (vpn: number, pfn: number): Event => ({ type: 'CowBroken', mm: 0, vpn, nr: 1, pfn, write: true,
  exclusive: false });

function joined(...events: readonly Event[]): unknown[] {
  const recorder = new Recorder(8);
  for (const event of events) recorder.add(event);
  return recorder.take().map((event) => [event.type, 'vpn' in event ? event.vpn : -1, 'nr' in event ? event.nr : 1]);
}

describe('facts of one command', () => {
  it('are runs, however the pages were touched: one by one, or all mapped before all are stored to', () => {
    const runs = [['AnonPagesMapped', 1, 2], ['PagesStored', 1, 2]];
    expect(joined(mapped(1, 5), mapped(2, 6), stored(1), stored(2))).toEqual(runs);
    expect(joined(mapped(1, 5), stored(1), mapped(2, 6), stored(2))).toEqual(runs);
  });

  it('are two where the frames do not follow each other, and never cross a page table', () => {
    expect(joined(mapped(1, 5), mapped(2, 9))).toEqual([['AnonPagesMapped', 1, 1], ['AnonPagesMapped', 2, 1]]);
    expect(joined(stored(7), stored(8))).toEqual([['PagesStored', 7, 1], ['PagesStored', 8, 1]]);
  });

  it('are not moved past a broken COW, which may have freed the page that they take', () => {
    expect(joined(stored(1), broken(3, 6), stored(2))).toEqual([['PagesStored', 1, 1], ['CowBroken', 3, 1], [
      'PagesStored',
      2,
      1,
    ]]);
  });
});

it('whatever is looked past may move itself, and whatever moves joins', () => {
  const [passes, moves, joins] = [eventsThat('passes'), eventsThat('passes', 'moves'),
    eventsThat('passes', 'moves', 'joins')];
  expect([...passes].every((type) => moves.has(type)) && [...moves].every((type) => joins.has(type))).toBe(true);
  expect([passes.size, moves.size, joins.size, eventsThat('parts').size]).toEqual([10, 11, 20, 11]);
});
