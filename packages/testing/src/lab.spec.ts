import { type Command, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ,
  PROT_WRITE } from '@cowlab/core';
import { describe, expect, it } from '@jest/globals';
import { given } from './lab.ts';
import { overlaysUpTo } from './overlays.ts';

const PARENT = 0;
const CHILD = 1;
const BUFFER = 8;
const mapped: Command = { type: 'Mmap', task: PARENT, addr: BUFFER * PAGE_SIZE, length: PAGE_SIZE,
  prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };
const store = (task: number, value: number): Command => ({ type: 'Store', task, vpn: BUFFER, nr: 1, value });
const registered: Command = { type: 'Pin', task: PARENT, pin: 1, vpn: BUFFER, nr: 1,
  flags: FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, device: 1 };
const fork: Command = { type: 'Fork', task: PARENT, child: CHILD };

describe('a page pinned long-term before fork()', () => {
  const upTo = (policy: string) => given(overlaysUpTo(policy)).steps(mapped, store(PARENT, 5), registered);

  it('is copied for the child under early COW, and the parent stores to the page the device has', () => {
    upTo('early-cow').steps(fork).when(store(PARENT, 6)).then
      .succeeds()
      .logs('PagesStored')
      .followsOwner(1)
      .pin(1, [{ value: 6 }])
      .page(CHILD, BUFFER, { present: true, value: 5, writable: true })
      .isSound();
  });

  it('is lost to its owner under the page-count rule, with the first store after fork()', () => {
    const { lab } = upTo('page-count-reuse').steps(fork).when(store(PARENT, 6)).then.logs('CowBroken', 'PagesStored')
      .followsOwner(1, false).pin(1, [{ value: 5 }]);
    lab.when({ type: 'DeviceLoad', pin: 1, index: 0 }).then.comesTo(5);
  });

  it('is a hole in the child where MADV_DONTFORK was said', () => {
    upTo('madv-dontfork').steps({ type: 'Madvise', task: PARENT, addr: BUFFER * PAGE_SIZE, length: PAGE_SIZE,
      advice: 'dontfork' }, fork)
      .when({ type: 'Load', task: CHILD, vpn: BUFFER, nr: 1 }).then.fails('SIGSEGV').mm(CHILD, { vmas: [] });
  });
});

describe('the lab', () => {
  it('names the step that failed', () => {
    expect(() => given([]).steps(mapped, store(7, 1))).toThrow(
      'given: step 2, Store, came to ESRCH: there is no task 7',
    );
  });

  it('knows no pages of a task that is gone', () => {
    const lab = given([]).steps(mapped, fork, { type: 'Exit', task: CHILD });
    expect(() => lab.page(CHILD, BUFFER)).toThrow('lab: there is no task 1; tasks are 0');
  });
});
