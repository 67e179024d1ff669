/** A program on the model, told as a recording tells it. */
import { type Command, execute, Kernel, type Policy, type Result, World, X86_64 } from '@cowlab/core';
import { Driver, type Program, type Step, type StepOutcome } from '@cowlab/scenario';
import type { Observation } from './observation.ts';
import { Observer } from './observe.ts';
import type { Reporting } from './reporting.ts';

/** One observation a step and the last look: what the recorder writes of a real kernel. Recordings are of x86-64. */
export function runProgram(program: Program, policy: Policy, reporting: Reporting): Observation[] {
  const world = new World(X86_64, { pages: 2048, nodes: 64 });
  const kernel = new Kernel(world, policy);
  const run = (command: Command): Result => execute(kernel, command).result;
  const driver = new Driver(run, X86_64, program.pool);
  const observer = new Observer(world, driver, program, reporting);
  const observations = program.steps.map((step, i): Observation => ({ i, ...cameTo(step, driver.step(step)), ...observer.look() }));
  const f = finalLoads(observer, run);
  observations.push({ i: -1, f, ...observer.look() });
  return observations;
}

function cameTo(step: Step, outcome: StepOutcome): { ret: number; err?: string } {
  if (!outcome.ok) return { ret: -1, err: outcome.errno };
  switch (step.op) {
    case 'fork': case 'thread': return { ret: step.child };
    case 'read': case 'devread': case 'pvread': return { ret: outcome.value & 0xff };
    case 'vmsplice': return { ret: outcome.value };
    default: return { ret: 0 };
  }
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
