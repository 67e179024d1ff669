/** Who sets has_pinned. What fork() then does is in the scenario files. */
import type { Lab } from '@cowlab/runtime';
import { type Command, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '@cowlab/core';
import { describe, expect, it } from '@jest/globals';
import { BUFFER, labOf, mmOf, run, SERIES } from './lanes.ts';

const pin = (flags: number): Command => ({ type: 'Pin', task: 0, pin: 1, vpn: BUFFER, nr: 1, flags, device: 1 });
const R_W_PIN = pin(FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE);
const STORE: Command = { type: 'Store', task: 0, vpn: BUFFER, nr: 1, value: 1 };

/** Steps of get_user_pages() that taking the pin takes. */
function stepsOf(lab: Lab, command: Command): string[] {
  const steps: string[] = [];
  lab.tracepoints.on('step', (path, step) => void (path === 'gup' && steps.push(step)));
  run(lab, command);
  lab.tracepoints.removeAllListeners();
  return steps;
}

describe.each(SERIES)('%s', (lane) => {
  it('a new mm has not pinned, nor has one that only loads, stores and forks', async () => {
    const lab = await labOf(lane);
    run(lab, STORE, { type: 'Load', task: 0, vpn: BUFFER, nr: 1 }, { type: 'Fork', task: 0, child: 1 });
    expect([mmOf(lab, 0).hasPinned, mmOf(lab, 1).hasPinned]).toEqual([false, false]);
  });

  it('fast GUP sets it: the page is there and writable', async () => {
    const lab = await labOf(lane);
    run(lab, STORE);
    const steps = stepsOf(lab, R_W_PIN);
    expect(steps).toContain('ref += grab');
    expect(steps).not.toContain('slow gup, one page');
    expect(mmOf(lab, 0).hasPinned).toBe(true);
  });

  it('slow GUP sets it: the page must be faulted in first', async () => {
    const lab = await labOf(lane);
    const steps = stepsOf(lab, R_W_PIN);
    expect(steps).toContain('slow gup, one page');
    expect(steps).not.toContain('ref += grab');
    expect(mmOf(lab, 0).hasPinned).toBe(true);
  });

  it('is set before any page is taken', async () => {
    const lab = await labOf(lane);
    run(lab, STORE);
    let before: boolean | null = null;
    lab.tracepoints.once('step', () => void (before = mmOf(lab, 0).hasPinned));
    run(lab, R_W_PIN);
    expect(before).toBe(true);
  });

  it('a short pin for read sets it, FOLL_GET does not', async () => {
    const [short, get] = [await labOf(lane), await labOf(lane)];
    run(short, STORE, pin(FOLL_PIN));
    run(get, STORE, pin(FOLL_GET | FOLL_WRITE));
    expect([mmOf(short, 0).hasPinned, mmOf(get, 0).hasPinned]).toEqual([true, false]);
  });

  it('stays set after the last unpin, and the child starts without it', async () => {
    const lab = await labOf(lane);
    run(lab, STORE, R_W_PIN, { type: 'Unpin', pin: 1 }, { type: 'Fork', task: 0, child: 1 });
    expect([mmOf(lab, 0).hasPinned, mmOf(lab, 1).hasPinned]).toEqual([true, false]);
  });
});

it('before the series nothing sets it', async () => {
  const lab = await labOf('linux-5.9-rc5');
  run(lab, R_W_PIN);
  expect(mmOf(lab, 0).hasPinned).toBe(false);
});
