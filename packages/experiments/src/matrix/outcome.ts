/**
 * What became of the pages, read from a run and from nothing else: not from what the scenario expects and not from what
 * is documented. Pins and pipes are asked in the end; processes look by faulting loads on a branch.
 */
import { execute, frameAt, inspectPage, inspectPin, type Kernel } from '@cowlab/core';
import type { Slot } from '@cowlab/scenario';
import { copiedAtFork, type ScenarioRun } from '@cowlab/trial';

/** What a child finds where its parent has pinned pages. `sees`: what the device stored after the fork(). */
export type ChildSight = 'segv' | 'bus' | 'zeros' | 'sees';

export interface SituationOutcome {
  /**
   * Of pins and references that are held in the end: C, owner and device (or pipe) see the same page; D, they do not;
   * CD, it is so with one and otherwise with another. Null when nothing is held, or only by pipes of who unmapped the
   * page.
   */
  readonly holds: 'C' | 'D' | 'CD' | null;
  /** Hazard H4 was found. */
  readonly leak: boolean;
  /** Base pages copied for a child during fork(). */
  readonly copied: number;
  /** fork() split a PMD. */
  readonly split: boolean;
  /** Errno of the first fork() that failed. */
  readonly forkFailed: string | null;
  /** Ascending, each once. */
  readonly child: readonly ChildSight[];
}

export function outcomeOf(run: ScenarioRun): SituationOutcome {
  const { lab, driver, steps } = run;
  const kernel = lab.branch();
  const held = [...driver.pins.values()].map((slot) => holdOf(kernel, run, slot, 'D'));
  // A reference of a pipe outlives its mapping by intention.
  held.push(...[...driver.pipes.values()].map((slot) => holdOf(kernel, run, slot, null)));
  const holds = [...new Set(held.filter((letter) => letter !== null))].sort().join('') as 'C' | 'D' | 'CD' | '';
  const failed = steps.find(({ step, outcome }) => step.op === 'fork' && !outcome.ok)?.outcome;
  return {
    holds: holds === '' ? null : holds,
    leak: steps.some(({ findings }) => findings.some(({ hazard }) => hazard === 'H4')),
    copied: copiedAtFork(run),
    split: steps.some(({ entries }) =>
      entries.some(({ command, events }) => command.type === 'Fork' && events.some(({ type }) => type === 'PmdSplit'))
    ),
    forkFailed: failed === undefined || failed.ok ? null : failed.errno,
    child: [...new Set([...driver.pins.values()].flatMap((slot) => childSights(kernel, run, slot)))].sort(),
  };
}

/** `unmapped`: what it means that the owner has nothing there any more. */
function holdOf(kernel: Kernel, run: ScenarioRun, slot: Slot, unmapped: 'D' | null): 'C' | 'D' | null {
  const { world } = kernel;
  const { mm, vpn, pages: pinned } = inspectPin(world, slot.pin);
  const owner = [...run.mms].find(([task, its]) => its === mm && world.tasks.isLive(task))?.[0];
  if (owner === undefined) return null;
  const mapped = pinned.map((_, at) => execute(kernel, { type: 'Load', task: owner, vpn: vpn + at, nr: 1 }).result.ok);
  const pages = inspectPin(world, slot.pin).pages.map((
    { pfn, ownerPfn },
    at,
  ) => (!mapped[at] ? unmapped : pfn === ownerPfn ? 'C' : 'D'));
  return pages.includes('D') ? 'D' : pages.includes('C') ? 'C' : null;
}

/** Of every living child of the pin's owner, and of their children. */
function childSights(kernel: Kernel, run: ScenarioRun, slot: Slot): ChildSight[] {
  const { world } = kernel;
  const { pages, vpn } = inspectPin(world, slot.pin);
  return descendants(run, slot.p).flatMap(({ task, born }) => {
    const mm = run.mms.get(task);
    if (mm === undefined || !world.tasks.isLive(task)) return [];
    return pages.flatMap(({ pfn }, at): ChildSight[] => {
      const { result } = execute(kernel, { type: 'Load', task, vpn: vpn + at, nr: 1 });
      if (!result.ok) return [result.errno === 'SIGBUS' ? 'bus' : 'segv'];
      if (inspectPage(world, mm, vpn + at).zero) return ['zeros'];
      const stored = run.steps.some(({ step }, index) =>
        index > born && step.op === 'devwrite' && step.page === slot.start + at
        && run.driver.pins.get(step.slot) === slot
      );
      return stored && frameAt(world, mm, vpn + at) === pfn ? ['sees'] : [];
    });
  });
}

function descendants({ steps }: ScenarioRun, of: number): { readonly task: number; readonly born: number }[] {
  const family = [{ task: of, born: 0 }];
  steps.forEach(({ step, outcome }, born) => {
    if (step.op === 'fork' && outcome.ok && family.some(({ task }) => task === step.p))
      family.push({ task: step.child, born });
  });
  return family.slice(1);
}

const SIGHTS: Readonly<Record<ChildSight, string>> = { segv: 'V', bus: 'B', zeros: 'Z', sees: 'M' };

/** One cell of a table: `DL`, `CX2`, `FC`, `-` for nothing of all that. MATRIX_LETTERS says what they mean. */
export function lettersOf({ holds, leak, copied, split, forkFailed, child }: SituationOutcome): string {
  const sights = child.filter((sight) => sight !== 'sees' || !leak).map((sight) => SIGHTS[sight]).join('');
  return (forkFailed === null ? '' : 'F') + (holds ?? '') + (leak ? 'L' : '') + (copied > 0 ? `X${copied}` : '')
      + (split ? 'S' : '') + sights || '-';
}

export const MATRIX_LETTERS: readonly (readonly [letter: string, meaning: string])[] = [
  ['C', 'coherent: the device (or pipe) and its owner see the same page'],
  ['D', 'diverged: the device works on a page that its owner does not see'],
  ['L', 'leak: a process sees what another stored to private memory'],
  ['X2', 'two pages copied for the child during fork()'],
  ['S', "fork() split the parent's PMD"],
  ['F', 'fork() failed'],
  ['V', 'the child gets SIGSEGV where the pinned pages were'],
  ['B', 'the child gets SIGBUS there'],
  ['Z', 'the child finds zeroes there'],
  ['M', 'the child sees what the device stores, as shared memory is meant to'],
  ['-', 'none of these'],
];
