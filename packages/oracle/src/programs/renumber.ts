/**
 * The same program in smaller numbers: pages that no step tells apart as one page, and processes, regions, slots and
 * stores counted from the first.
 */
import { factsOf, type Program, type Step } from '@cowlab/scenario';

/** Region `r` with one page for each run of pages that all steps and the watch treat alike. */
export function compacted(program: Program, r: number): Program {
  const bounds = new Set([0]);
  const bound = (start: number, nr: number): void => void bounds.add(start).add(start + nr);
  for (const step of program.steps) eachRange(step, r, bound);
  for (const page of program.watch[r] ?? []) bound(page, 1);
  const rank = new Map([...bounds].sort((a, b) => a - b).map((at, index) => [at, index]));
  const to = (at: number): number => rank.get(at) ?? 0;
  const steps = program.steps.map((step): Step => {
    if ('page' in step && 'r' in step && step.r === r) return { ...step, page: to(step.page) };
    if (step.op === 'devread' || step.op === 'devwrite')
      return slotRegion(program, step.slot) === r
        ? { ...step, page: to(step.page) }
        : step;
    if (!('r' in step) || step.r !== r) return step;
    if ('start' in step) return { ...step, start: to(step.start), nr: to(step.start + step.nr) - to(step.start) };
    return 'nr' in step ? { ...step, nr: to(step.nr) } : step;
  });
  const watched = program.watch[r] as readonly number[] | undefined;
  return { ...program, steps, ...(watched !== undefined && { watch: { ...program.watch, [r]: watched.map(to) } }) };

  function eachRange(step: Step, region: number, see: (start: number, nr: number) => void): void {
    if (step.op === 'devread' || step.op === 'devwrite') {
      if (slotRegion(program, step.slot) === region) see(step.page, 1);
    } else if ('r' in step && step.r === region) {
      if ('page' in step) see(step.page, 1);
      else if ('start' in step) see(step.start, step.nr);
      else if ('nr' in step) see(0, step.nr);
    }
  }
}

/** Where the pages of a pin slot are; a slot that is filled twice is filled from one region here. */
function slotRegion({ steps }: Program, slot: number): number | null {
  const taken = steps.find((step) =>
    'start' in step && 'slot' in step && factsOf(step.op).slots === 'pin' && step.slot === slot
  );
  return taken !== undefined && 'r' in taken ? taken.r : null;
}

export function renumbered(program: Program): Program {
  const process = counter([0]);
  const region = counter();
  const pins = counter();
  const pipes = counter();
  // 0 is what memory holds before anybody writes.
  const value = counter([0]);
  const steps = program.steps.map((step): Step => {
    const numbers: Record<string, number> = {};
    if ('p' in step) numbers.p = process(step.p);
    if ('child' in step) numbers.child = process(step.child);
    if ('r' in step) numbers.r = region(step.r);
    if ('slot' in step) numbers.slot = (factsOf(step.op).slots === 'pipe' ? pipes : pins)(step.slot);
    if ('value' in step) numbers.value = value(step.value);
    return { ...step, ...numbers };
  });
  const watch = Object.fromEntries(
    Object.entries(program.watch).map(([r, pages]) => [region(Number(r)), [...pages].sort((a, b) => a - b)]),
  );
  return { ...program, steps, watch };
}

/** Numbers in the order in which they are first met. */
function counter(known: readonly number[] = []): (number: number) => number {
  const met = new Map(known.map((number, at) => [number, at]));
  return (number) => {
    const at = met.get(number) ?? met.size;
    met.set(number, at);
    return at;
  };
}
