/** Pages held by devices and by pipes, each in slots of their own. In the machine both are pins. */
import { done, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, PAGE_SIZE, type Result } from '@cowlab/core';
import type { Controller, Slot, StepOutcome } from './controller.ts';
import { HOLD, shape, SLOT, word } from './word.ts';

const devicePin = (slot: number): number => 2 * slot;
const pipePin = (slot: number): number => 2 * slot + 1;
/** The device behind `pin`, and the one that stands for pipes. */
const NIC = 1;
const PIPE = 0;

export const HOLDING = {
  /** FOLL_PIN until `unpin`: R/W long-term; `rpin` R/O long-term; `spin` R/O short-term. */
  pin: word(HOLD, {
    says: 'a device pins N pages from page A on, for writing, for long (FOLL_PIN, FOLL_LONGTERM, FOLL_WRITE): a '
      + 'registered buffer',
    effect: 'fills',
    slots: 'pin',
    needs: 'uring',
  }, (on, step) => pinned(on, step, FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE)),
  rpin: word(HOLD, { says: 'a device pins N pages from page A on, for reading, for long (FOLL_PIN, FOLL_LONGTERM)',
    effect: 'fills', slots: 'pin', never: 'no system call takes it' },
    (on, step) => pinned(on, step, FOLL_PIN | FOLL_LONGTERM)),
  spin: word(HOLD, { says: 'a device pins N pages from page A on, for reading, for a moment (FOLL_PIN)',
    effect: 'fills', slots: 'pin', never: 'no system call holds it' }, (on, step) => pinned(on, step, FOLL_PIN)),
  unpin: word(SLOT, { says: 'the device lets go', effect: 'empties', slots: 'pin' },
    (on, { slot }) => release(on, on.pins, slot)),
  /** By the device. The page is that of the region, not an index into the pin. */
  devwrite: word(shape<[slot: number, page: number, value: number]>()('slot', 'page', 'value'), {
    says: 'a store of one byte by the device; PAGE is that of the region',
    effect: 'uses',
    slots: 'pin',
  },
    (on, { slot, page, value }) =>
      device(on, slot, ({ pin, start }) => on.execute({ type: 'DeviceStore', pin, index: page - start, value }))),
  devread: word(shape<[slot: number, page: number]>()('slot', 'page'), {
    says: 'a load of one byte by the device; PAGE is that of the region',
    effect: 'uses',
    slots: 'pin',
    gives: 'byte',
  },
    (on, { slot, page }) =>
      device(on, slot, ({ pin, start }) => on.execute({ type: 'DeviceLoad', pin, index: page - start }))),
  /** FOLL_GET until `vdrop`. */
  vmsplice: word(HOLD, { says: 'references to N pages (FOLL_GET) go into a pipe', effect: 'fills', slots: 'pipe',
    gives: 'number' }, (on, step) => {
    const taken = take(on, step, on.pipes, pipePin(step.slot), FOLL_GET, PIPE);
    return taken.ok ? done(taken.value * PAGE_SIZE) : taken;
  }),
  // The pipe is the controller's and is there whatever vmsplice() said, so emptying it never fails.
  vdrop: word(SLOT, { says: 'the pipe is emptied', effect: 'empties', slots: 'pipe' },
    (on, { slot }) => (on.pipes.has(slot) ? release(on, on.pipes, slot) : done())),
};

interface Hold {
  readonly p: number;
  readonly slot: number;
  readonly r: number;
  readonly start: number;
  readonly nr: number;
}

function pinned(on: Controller, step: Hold, flags: number): StepOutcome {
  const taken = take(on, step, on.pins, devicePin(step.slot), flags, NIC);
  return taken.ok ? done() : taken;
}

/** Comes to the pages that were taken. */
function take(
  on: Controller,
  { p, slot, r, start, nr }: Hold,
  slots: Map<number, Slot>,
  pin: number,
  flags: number,
  device: number,
): Result {
  const result = on.execute({ type: 'Pin', task: p, pin, vpn: on.vpn(r, start), nr, flags, device,
    whole: device !== PIPE });
  if (result.ok) slots.set(slot, { pin, p, r, start, nr: result.value });
  return result;
}

function release(on: Controller, slots: Map<number, Slot>, slot: number): StepOutcome {
  const held = slots.get(slot);
  if (held === undefined) return EMPTY_SLOT;
  slots.delete(slot);
  return on.execute({ type: 'Unpin', pin: held.pin });
}

function device(on: Controller, slot: number, act: (slot: Slot) => Result): StepOutcome {
  const held = on.pins.get(slot);
  return held === undefined ? EMPTY_SLOT : act(held);
}

const EMPTY_SLOT: StepOutcome = { ok: false, errno: 'ENXIO', why: 'the slot holds nothing' };
