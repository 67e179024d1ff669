/** One scenario under one lane, step by step, with everything an expectation or a report may ask afterwards. */
import type { LogEntry } from '@cowlab/core';
import { type Finding, Findings, type Lab } from '@cowlab/runtime';
import { Driver, type Scenario, type Slot, type Step, type StepOutcome } from '@cowlab/scenario';
import { type PinLook, lookAtPin } from './pinned-pages.ts';
import { TaskMms } from './world-report.ts';

export interface RanStep {
  readonly step: Step;
  /** Of the scenario's text. */
  readonly line: number;
  readonly outcome: StepOutcome;
  /** The commands that the step came to, with their events. */
  readonly entries: readonly LogEntry[];
  /** Hazards that it brought about. */
  readonly findings: readonly Finding[];
}

export interface ScenarioRun {
  readonly lab: Lab;
  readonly driver: Driver;
  readonly steps: readonly RanStep[];
  /** Pins as they stood just before they were given back, by slot. Pins still held are looked at when asked for. */
  readonly released: ReadonlyMap<number, PinLook>;
  /** Address space of every task that ever ran; of one that is gone, its last. */
  readonly mms: ReadonlyMap<number, number>;
}

/** `onStep` is called after every step: long programs report progress with it. */
export function runScenario(scenario: Scenario, lab: Lab, onStep?: (ran: RanStep) => void): ScenarioRun {
  const running = scenarioSteps(scenario, lab);
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
    onStep?.(value);
  }
}

/** The same, for whoever has something to wait for between two steps. */
export function* scenarioSteps(scenario: Scenario, lab: Lab): Generator<RanStep, ScenarioRun, undefined> {
  const { program, lines } = scenario;
  const hazards = lab.follow(new Findings());
  const mms = lab.follow(new TaskMms());
  const driver = new Driver((command) => lab.execute(command).result, lab.geometry, program.pool, program.settings);
  const released = new Map<number, PinLook>();
  const steps: RanStep[] = [];
  for (const [at, step] of program.steps.entries()) {
    const held = step.op === 'unpin' ? driver.pins.get(step.slot) : undefined;
    if (step.op === 'unpin' && held !== undefined) released.set(step.slot, lookAtPin(lab, mms.value, held));
    const [before, known] = [lab.log.length, hazards.value.length];
    const outcome = driver.step(step);
    const ran: RanStep = { step, line: lines[at], outcome, entries: lab.log.slice(before),
      findings: hazards.value.slice(known) };
    steps.push(ran);
    yield ran;
  }
  lab.unfollow(hazards);
  lab.unfollow(mms);
  return { lab, driver, steps, released, mms: mms.value };
}

export function pinLook(run: ScenarioRun, slot: number): PinLook | null {
  const held: Slot | undefined = run.driver.pins.get(slot);
  if (held === undefined) return run.released.get(slot) ?? null;
  // Several expectations ask of one pin, and a look loads every page of it.
  const known = looks.get(run) ?? { commands: -1, pins: new Map<Slot, PinLook>() };
  const commands = run.lab.log.length;
  const pins = known.commands === commands ? known.pins : new Map<Slot, PinLook>();
  const look = pins.get(held) ?? lookAtPin(run.lab, run.mms, held);
  looks.set(run, { commands, pins: pins.set(held, look) });
  return look;
}

/** Good for as long as the lab has executed no further command. */
const looks = new WeakMap<ScenarioRun, { readonly commands: number; readonly pins: Map<Slot, PinLook> }>();
