/**
 * Cutting a step out of a program can leave others without sense: a store by a process that was never forked, a device
 * that writes through no pin. They go with it, and so do pages that nobody maps; what is left could have been written
 * by a person.
 */
import { factsOf, type Program, type Step } from '@cowlab/scenario';

interface Held {
  readonly start: number;
  readonly nr: number;
}

/** The steps that make sense after those before them, and the watched pages that are mapped at some time. */
export function lawful(program: Program): Program {
  const world = new Existing();
  const steps = program.steps.filter((step) => world.admits(step));
  const watch: Record<number, readonly number[]> = {};
  for (const [region, pages] of Object.entries(program.watch)) {
    const mapped = pages.filter((page) => page < (world.most.get(Number(region)) ?? 0));
    if (mapped.length > 0) watch[Number(region)] = mapped;
  }
  return { ...program, watch, steps };
}

class Existing {
  /** Region → the most pages that any process ever had there. */
  readonly most = new Map<number, number>();
  /** Process → region → pages; nothing shrinks, because a hole may be touched. */
  private readonly processes = new Map<number, Map<number, number>>([[0, new Map()]]);
  private readonly forked = new Set([0]);
  private readonly held = { pin: new Map<number, Held>(), pipe: new Map<number, Held>() };

  admits(step: Step): boolean {
    if (!('p' in step)) return this.slot(step);
    const regions = this.processes.get(step.p);
    if (regions === undefined) return false;
    const { effect } = factsOf(step.op);
    if ('child' in step) {
      if (this.forked.has(step.child)) return false;
      this.forked.add(step.child);
      this.processes.set(step.child, effect === 'shares' ? regions : new Map(regions));
      return true;
    }
    if (effect === 'ends') return this.processes.delete(step.p);
    if (step.op === 'mmap') {
      regions.set(step.r, step.nr);
      this.most.set(step.r, Math.max(step.nr, this.most.get(step.r) ?? 0));
      return true;
    }
    return step.op === 'mremap' ? this.remap(regions, step.r, step.nr) : this.touch(regions, step);
  }

  private remap(regions: Map<number, number>, r: number, nr: number): boolean {
    const before = regions.get(r);
    if (before === undefined) return false;
    regions.set(r, Math.max(before, nr));
    this.most.set(r, Math.max(nr, this.most.get(r) ?? 0));
    return true;
  }

  private touch(regions: ReadonlyMap<number, number>, step: Step): boolean {
    if (!('r' in step)) return true;
    const end = 'page' in step ? step.page + 1 : 'start' in step ? step.start + step.nr : 1;
    if (end > (regions.get(step.r) ?? 0)) return false;
    if (!('slot' in step && 'start' in step)) return true;
    const slots = this.held[factsOf(step.op).slots ?? 'pin'];
    if (slots.has(step.slot)) return false;
    slots.set(step.slot, { start: step.start, nr: step.nr });
    return true;
  }

  private slot(step: Step): boolean {
    if (!('slot' in step)) return true;
    const { effect, slots = 'pin' } = factsOf(step.op);
    if (effect === 'empties') return this.held[slots].delete(step.slot);
    const held = this.held[slots].get(step.slot);
    return held !== undefined && (!('page' in step) || (step.page >= held.start && step.page < held.start + held.nr));
  }
}
