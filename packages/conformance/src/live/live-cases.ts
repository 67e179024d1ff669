/** What is asked of a live kernel: scenarios, one by one or by the folder, and files of recorded programs. */
import { join } from 'node:path';
import { observedPages } from '@cowlab/oracle';
import { parsePrograms, type Program, type Scenario } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';
import { filesIn, inputPath, lookAt, readScenario, readText } from '@cowlab/composition/node';

export interface LiveCase {
  /** What reports call it: the path as it was given; of a recorded program with its id. */
  readonly name: string;
  /** Where it is from, as seen from the folder it was asked for in; null: from no file. */
  readonly file: string | null;
  /** Pages are watched in it even where the scenario names none. */
  readonly program: Program;
  /** Null for a recorded program, of which nothing is expected but what the model does. */
  readonly scenario: Scenario | null;
}

/** @throws CompositionError or ScenarioError */
export function readLiveCases(given: readonly string[], cwd: string): LiveCase[] {
  return given.flatMap((name) =>
    filesOf(name, cwd).flatMap((file) => {
      const path = inputPath(file, cwd);
      if (/\.txt(\.gz)?$/.test(file))
        return parsePrograms(readText(path, file), file).map((program): LiveCase => ({ name: `${file}:${program.id}`,
          program, scenario: null, file })
        );
      return [liveCase(file, readScenario(path, file), file)];
    })
  );
}

export function liveCase(name: string, scenario: Scenario, file: string | null = null): LiveCase {
  return { name, program: watched(scenario), scenario, file };
}

function filesOf(name: string, cwd: string): string[] {
  if (lookAt(inputPath(name, cwd)) !== 'folder') return [name];
  const files = filesIn(inputPath(name, cwd), name, true)
    .filter((file) => file.endsWith('.cow') && !file.split('/').includes('node_modules')).map((file) =>
      join(name, file)
    );
  if (files.length === 0)
    throw new CompositionError(name, 'the folder holds no scenario (*.cow)', 'give a .cow file, or a folder of some');
  return files;
}

/** Regions of which nothing is watched are watched where their scenario expects something, and where its steps act. */
function watched({ program, expects }: Scenario): Program {
  const { steps } = program;
  const acted = new Map<number, Set<number>>();
  const note = (r: number, ...pages: readonly number[]): void => {
    const known = acted.get(r) ?? new Set();
    for (const page of pages) known.add(page);
    acted.set(r, known);
  };
  for (const { assertion } of expects) {
    if (assertion.is === 'value' || assertion.is === 'mapcount') note(assertion.r, assertion.page);
    if (assertion.is === 'device') {
      for (const step of steps) if (step.op === 'pin' && step.slot === assertion.slot) note(step.r, assertion.page);
    }
  }
  for (const step of steps) {
    if ('page' in step && 'r' in step) note(step.r, step.page);
    else if ('start' in step) note(step.r, step.start, step.start + step.nr - 1);
    else if (step.op === 'mmap') note(step.r, 0);
  }
  const derived = [...acted].map(([r, pages]) => [r, observedPages([...pages])] as const);
  return { ...program, watch: { ...Object.fromEntries(derived), ...program.watch } };
}
