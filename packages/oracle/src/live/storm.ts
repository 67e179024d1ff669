/**
 * Torn snapshots counted on the kernel of this machine: a scenario's storm with its pins and, to tell what the pins do,
 * without them. A program of its own (storm.c) does it, because the agent's steps run one after another.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Program, Step, StepOf } from '@cowlab/scenario';
import { compiled, compiler } from './compile.ts';
import { LiveError } from './live-error.ts';

export interface StormCount {
  /** Forked before the time was up. */
  readonly children: number;
  /** Those of them that got a state of memory which their parent was never in. */
  readonly torn: number;
  /** Of the writer over all pages. */
  readonly rounds: number;
  readonly seconds: number;
  /**
   * What the first torn child read, page by page. Its parent's counters never rise from page to page and lie at most
   * one apart.
   */
  readonly first: readonly number[];
}

export interface StormMissing {
  /** What this machine lacks for it. */
  readonly missing: string;
}

export interface StormReport {
  readonly storm: StepOf<'storm'>;
  readonly unpinned: StormCount | StormMissing;
  /** Null: the scenario pins nothing. */
  readonly pinned: StormCount | StormMissing | null;
}

export interface StormSettings {
  /** For each of the two counts. */
  readonly secondsMax?: number;
}

/** What keeps this machine from having storms, or null. Root is not needed. */
export function whyNoStorm(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  return compiler() === null ? 'there is no C compiler cc' : null;
}

export function isStorm({ steps }: Program): boolean {
  return steps.some(({ op }) => op === 'storm');
}

/** @throws LiveError when the program is more than a region, its pins and a storm, or this machine cannot be asked */
export async function runStorm(program: Program, { secondsMax = 10 }: StormSettings = {}): Promise<StormReport> {
  const { storm, kind, nr, pins } = partsOf(program);
  const reason = whyNoStorm();
  if (reason !== null) throw new LiveError('this machine', reason, 'use a Linux machine with cc');
  const args = [kind, nr, storm.start, storm.nr, storm.children, secondsMax].map(String);
  return {
    storm,
    unpinned: await count(args, secondsMax),
    pinned: pins.length === 0
      ? null
      : await count([...args, ...pins.flatMap((pin) => [String(pin.start), String(pin.nr)])], secondsMax),
  };
}

/** For the compiler, the pins of many pages, and a machine that is busy. */
const GRACE_SECONDS = 20;
const PINS_MAX = 16;

async function count(args: readonly string[], secondsMax: number): Promise<StormCount | StormMissing> {
  try {
    const { stdout } = await promisify(execFile)(compiled('storm'), [...args], {
      timeout: (secondsMax + GRACE_SECONDS) * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 26,
    });
    return JSON.parse(stdout) as StormCount | StormMissing;
  } catch (cause) {
    if (cause instanceof LiveError) throw cause;
    throw new LiveError('the storm', (cause as Error).message.split('\n')[0], 'run it again', { cause });
  }
}

interface Parts {
  readonly storm: StepOf<'storm'>;
  readonly kind: string;
  readonly nr: number;
  readonly pins: readonly StepOf<'pin'>[];
}

function partsOf({ steps }: Program): Parts {
  const odd = steps.find(({ op }) => !UNDERSTOOD.has(op));
  if (odd !== undefined)
    throw refused(`a storm on a live kernel knows no ${odd.op}`, 'leave it out, or ask the model alone');
  const storms = steps.filter((step) => step.op === 'storm');
  const storm = storms[0];
  if (storms.length !== 1 || steps.at(-1) !== storm)
    throw refused('a storm on a live kernel is the last step, and the only storm', 'make it a scenario of its own');
  const elsewhere = steps.find((step) => 'r' in step && (step.r !== storm.r || step.p !== storm.p));
  const maps = steps.filter((step) => step.op === 'mmap');
  if (elsewhere !== undefined || maps.length !== 1)
    throw refused('a storm on a live kernel has one process and one region', 'leave the others out');
  const pins = steps.reduce<readonly StepOf<'pin'>[]>(
    (held, step) => held.filter((pin) => !released(step, pin)).concat(step.op === 'pin' ? step : []),
    [],
  );
  if (pins.length > PINS_MAX) throw refused(`${pins.length} pins are more than ${PINS_MAX}`, 'pin longer ranges');
  return { storm, kind: maps[0].kind, nr: maps[0].nr, pins };
}

const UNDERSTOOD: ReadonlySet<string> = new Set(['mmap', 'write', 'read', 'pin', 'unpin', 'storm']);

const released = (step: Step, { slot }: StepOf<'pin'>): boolean => step.op === 'unpin' && step.slot === slot;

function refused(problem: string, mend: string): LiveError {
  return new LiveError('the scenario', problem, mend);
}
