/**
 * What differs between a recording and the model, said so that it can be looked at: where, and what each of them did.
 */
import { factsOf, formatStep, type Program, type Step } from '@cowlab/scenario';
import type { PageEntry } from './observation.ts';

/** `crash`: the model broke down. */
export type DivergenceKind = 'crash' | 'err' | 'ret' | 'final' | 'presence' | 'value' | 'class' | 'mapcount' | 'flags'
  | 'device' | 'pipe';

/** One observed thing; null where the kernel and the model do not have the same things at all. */
export type Seen = number | string | null | Exclude<PageEntry, 0>;

export interface Divergence {
  readonly set: string;
  /** Program id. */
  readonly program: string;
  /** Index of the step; -1 for the last look. */
  readonly step: number;
  readonly stepText: string;
  readonly op: Step['op'] | 'end';
  readonly kind: DivergenceKind;
  /** Of a device or a pipe: the process and region that its pages were taken from. */
  readonly process: number | null;
  readonly region: number | null;
  readonly page: number | null;
  /** Pin or splice slot. */
  readonly slot: number | null;
  /** What the region maps, or null where that is not about a region. */
  readonly memory: string | null;
  /** In words. */
  readonly kernel: string;
  readonly model: string;
  /** As observed. */
  readonly kernelSaw: Seen;
  readonly modelSaw: Seen;
}

/** Where in a program something was seen. */
export interface Spot {
  readonly process?: number;
  readonly region?: number;
  readonly page?: number;
  readonly slot?: number;
}

export interface Told {
  readonly said: string;
  readonly saw: Seen;
}

export function divergence(
  set: string,
  program: Program,
  step: number,
  kind: DivergenceKind,
  spot: Spot,
  kernel: Told,
  model: Told,
): Divergence {
  const { process = null, region = null, page = null, slot = null } = spot;
  return { set, program: program.id ?? '', step, stepText: step < 0 ? 'final loads' : formatStep(program.steps[step]),
    op: step < 0 ? 'end' : program.steps[step].op, kind, process, region, page, slot,
    memory: process === null || region === null ? null : memoryOf(program, step, process, region), kernel: kernel.said,
    model: model.said, kernelSaw: kernel.saw, modelSaw: model.saw };
}

/** What process `p` last mapped as region `r` before or in that step, itself or before it was forked. */
function memoryOf({ steps }: Program, at: number, p: number, r: number): string | null {
  let process = p;
  for (let index = at < 0 ? steps.length - 1 : at; index >= 0; index--) {
    const step = steps[index];
    if (step.op === 'mmap' && step.p === process && step.r === r) return step.kind;
    if ((step.op === 'fork' || step.op === 'thread') && step.child === process) process = step.p;
  }
  return null;
}

/** The spot that a step names; of a device's or a pipe's step that of its slot. */
export function spotOfStep(program: Program, at: number): Spot {
  const step = program.steps[at];
  if (!('p' in step) && !('slot' in step)) return {};
  if (!('p' in step))
    return { ...spotOfSlot(program, at, factsOf(step.op).slots ?? 'pin', step.slot),
      ...('page' in step && { page: step.page }) };
  const { p: process } = step;
  if (!('r' in step)) return { process };
  return { process, region: step.r,
    ...('page' in step ? { page: step.page } : 'start' in step ? { page: step.start } : {}),
    ...('slot' in step && { slot: step.slot }) };
}

/** Where the pages of a slot were taken; `page` is the first of them. */
export function spotOfSlot({ steps }: Program, at: number, slots: 'pin' | 'pipe', slot: number): Spot {
  for (let index = at < 0 ? steps.length - 1 : at; index >= 0; index--) {
    const step = steps[index];
    if ('start' in step && 'slot' in step && step.slot === slot && factsOf(step.op).slots === slots) {
      return { process: step.p, region: step.r, page: step.start, slot };
    }
  }
  return { slot };
}
