/** A program on the model, told as a recording tells it. */
import { type Command, execute, Kernel, type Policy, PolicyError, type Result, World, X86_64 } from '@cowlab/core';
import { Driver, factsOf, type Program, type Step, type StepOutcome } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import { Observer } from '../compare/observe.ts';
import type { Reporting } from '../compare/reporting.ts';

/** The model itself broke down, which is a bug in it. What it had seen until then is kept. */
export class ModelCrash extends Error {
  override readonly name = 'ModelCrash';

  constructor(program: Program, readonly observations: readonly Observation[], cause: unknown) {
    super(
      `program ${program.id ?? ''}, observation ${observations.length}: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      { cause },
    );
  }
}

/** Who looks on while a program runs. A kernel that is watched step by step leaves its bulk paths. */
export interface RunWatch {
  /** The kernel before its first command: where listeners are put. */
  readonly onKernel: (kernel: Kernel) => void;
  readonly onCommand: (command: Command) => void;
  readonly onResult: (command: Command, result: Result) => void;
}

/** Room for most programs, so that their worlds never move. Recordings are of x86-64. */
const CAPACITY = { pages: 2048, nodes: 64 };

/**
 * One observation a step and the last look: what the recorder writes of a real kernel.
 * @throws PolicyError when the fault is an overlay's, ModelCrash when it is the model's
 */
export function runProgram(program: Program, policy: Policy, reporting: Reporting, watch?: RunWatch): Observation[] {
  const observations: Observation[] = [];
  try {
    const world = new World(X86_64, CAPACITY);
    const kernel = new Kernel(world, policy);
    watch?.onKernel(kernel);
    const run = (command: Command): Result => {
      watch?.onCommand(command);
      const { result } = execute(kernel, command);
      watch?.onResult(command, result);
      return result;
    };
    const driver = new Driver(run, X86_64, program.pool, program.settings);
    const observer = new Observer(world, driver, program, reporting);
    program.steps.forEach((step, i) =>
      void observations.push({ i, ...cameTo(step, driver.step(step)), ...observer.look() })
    );
    const f = finalLoads(observer, run);
    observations.push({ i: -1, f, ...observer.look() });
    return observations;
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    throw new ModelCrash(program, observations, cause);
  }
}

function cameTo(step: Step, outcome: StepOutcome): { ret: number; err?: string } {
  if (!outcome.ok) return { ret: -1, err: outcome.errno };
  const { gives } = factsOf(step.op);
  if ('child' in step) return { ret: step.child };
  return { ret: gives === 'byte' ? outcome.value & 0xff : gives === 'number' ? outcome.value : 0 };
}

function finalLoads(observer: Observer, run: (command: Command) => Result): NonNullable<Observation['f']> {
  const f: Record<string, Record<string, (number | null)[]>> = {};
  for (const task of observer.processes()) {
    f[task] = {};
    for (const { r, start, pages } of observer.regions) {
      f[task][r] = pages.map((page) => {
        const loaded = run({ type: 'Load', task, vpn: start + page, nr: 1 });
        return loaded.ok ? loaded.value & 0xff : null;
      });
    }
  }
  return f;
}
