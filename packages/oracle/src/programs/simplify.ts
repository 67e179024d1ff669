/**
 * Programs a little simpler than a given one, those that cut most first: fewer steps, processes and regions; small
 * anonymous memory for large and for files; single pages for ranges; fewer watched pages; plainer steps. None is
 * checked: whether one still shows what the given one shows is for the kernel and the model to say.
 */
import { POOL_DEFAULT, type Program, type Step, type StepOf } from '@cowlab/scenario';
import { compacted, renumbered } from './renumber.ts';

/** Programs of no more steps than this are also tried without every two of them. */
const PAIRS_MAX = 12;
const HUGE = 512;

/** The most promising first. May repeat itself and the program. */
export function* simplified(program: Program): Generator<Program> {
  yield* withoutRuns(program);
  yield* withoutProcesses(program);
  yield* withoutRegions(program);
  yield* onePageRegions(program);
  yield* plainerSteps(program);
  yield* lessWatched(program);
  if (program.pool !== POOL_DEFAULT) yield { ...program, pool: POOL_DEFAULT };
  yield* withoutPairs(program);
  yield renumbered(program);
}

/**
 * Half of the steps, a quarter, … one; the last ones first, because what shows a difference stands at the end more
 * often than what makes it.
 */
function* withoutRuns(program: Program): Generator<Program> {
  const { steps } = program;
  for (let length = steps.length >> 1; length >= 1; length >>= 1) {
    for (let end = steps.length; end > 0; end -= length)
      yield { ...program, steps: [...steps.slice(0, Math.max(0, end - length)), ...steps.slice(end)] };
  }
}

function* withoutPairs(program: Program): Generator<Program> {
  const { steps } = program;
  if (steps.length > PAIRS_MAX) return;
  for (let one = 0; one < steps.length; one++) {
    for (let other = one + 1; other < steps.length; other++)
      yield { ...program, steps: steps.filter((_, at) => at !== one && at !== other) };
  }
}

/** A child's steps are those of another process from now on; or a child is forked by its grandparent. */
function* withoutProcesses(program: Program): Generator<Program> {
  const forks = program.steps.filter((step): step is StepOf<'fork'> => step.op === 'fork');
  for (const fork of forks) {
    const steps = program.steps.filter((step) => step !== fork && !(step.op === 'exit' && step.p === fork.child));
    for (const p of [fork.p, ...forks.map(({ child }) => child)]) {
      if (p !== fork.child)
        yield { ...program,
          steps: steps.map((step) => ('p' in step && step.p === fork.child ? { ...step, p } : step)) };
    }
    const parent = forks.find(({ child }) => child === fork.p);
    if (parent !== undefined)
      yield { ...program, steps: program.steps.map((step) => (step === fork ? { ...fork, p: parent.p } : step)) };
  }
}

/** What is done to one region is done to another. */
function* withoutRegions(program: Program): Generator<Program> {
  const regions = regionsOf(program);
  for (const gone of regions) {
    for (const r of regions) {
      if (r === gone) continue;
      const steps = program.steps.filter((step) => !(step.op === 'mmap' && step.r === gone)).map((
        step,
      ) => ('r' in step && step.r === gone ? { ...step, r } : step));
      yield { ...program, steps };
    }
  }
}

/** Pages that no step tells apart become one; then other kinds of memory are tried, anonymous first. */
function* onePageRegions(program: Program): Generator<Program> {
  for (const r of regionsOf(program)) {
    const kinds = new Set(program.steps.flatMap((step) => (step.op === 'mmap' && step.r === r ? [step.kind] : [])));
    const large = kinds.has('thp') || kinds.has('huge');
    const small = compacted(program, r);
    if (!large) yield small;
    if (kinds.size !== 1 || !kinds.has('anon')) yield asKind(small, r, 'anon');
    for (const [from, to] of [['huge', 'thp'], ['sharedfile', 'shanon'], ['sharedfile', 'file'], ['rofile',
      'file']] as const)
    {
      if (kinds.has(from)) yield asKind(program, r, to);
    }
  }
}

function asKind(program: Program, r: number, kind: StepOf<'mmap'>['kind']): Program {
  return { ...program,
    steps: program.steps.map((step) => (step.op === 'mmap' && step.r === r ? { ...step, kind } : step)) };
}

function* plainerSteps(program: Program): Generator<Program> {
  const sizes = new Map(
    regionsOf(program).map((
      r,
    ) => [r, Math.max(...program.steps.map((step) => (step.op === 'mmap' && step.r === r ? step.nr : 0)))]),
  );
  for (const [at, step] of program.steps.entries()) {
    for (const plainer of plainerThan(step, 'r' in step ? (sizes.get(step.r) ?? 1) : 1)) {
      yield { ...program, steps: program.steps.map((other, index) => (index === at ? plainer : other)) };
    }
  }
}

/** Ranges of one page or of everything, the first page, a step that does the same more simply. */
function plainerThan(step: Step, nr: number): Step[] {
  const plainer: Step[] = [];
  if ('start' in step) {
    if (step.start !== 0 || step.nr !== nr) plainer.push({ ...step, start: 0, nr });
    if (step.nr > 1)
      plainer.push({ ...step, nr: 1 }, { ...step, start: step.start + step.nr - 1, nr: 1 }, { ...step,
        nr: step.nr >> 1 });
    if (step.nr === 1 && step.start > 0) plainer.push({ ...step, start: 0 });
  }
  if ('page' in step && step.page > 0) plainer.push({ ...step, page: 0 });
  if (step.op === 'pvwrite') plainer.push({ op: 'write', p: step.p, r: step.r, page: step.page, value: step.value });
  if (step.op === 'pvread') plainer.push({ op: 'read', p: step.p, r: step.r, page: step.page });
  if (step.op === 'mmap' && step.nr > 1 && step.nr % HUGE !== 0)
    plainer.push({ ...step, nr: 1 }, { ...step, nr: step.nr >> 1 });
  if (step.op === 'mmap' && step.nr > HUGE) plainer.push({ ...step, nr: HUGE });
  return plainer;
}

/** One page of one region, one region, one page less. */
function* lessWatched(program: Program): Generator<Program> {
  const watched = Object.entries(program.watch);
  if (watched.length > 1) { for (const [r, pages] of watched) yield { ...program, watch: { [r]: pages } }; }
  for (const [r, pages] of watched)
    if (pages.length > 1 || pages[0] > 0) yield { ...program, watch: { ...program.watch, [r]: [0] } };
  for (const [r, pages] of watched)
    if (pages.length > 1) { for (const page of pages) yield { ...program, watch: { ...program.watch, [r]: [page] } }; }
  if (watched.length > 1) {
    for (const [gone] of watched) yield { ...program, watch: Object.fromEntries(watched.filter(([r]) => r !== gone)) };
  }
  for (const [r, pages] of watched)
    if (pages.length > 2) {
      for (const gone of pages)
        yield { ...program, watch: { ...program.watch, [r]: pages.filter((page) => page !== gone) } };
    }
}

function regionsOf({ steps }: Program): readonly number[] {
  return [...new Set(steps.flatMap((step) => (step.op === 'mmap' ? [step.r] : [])))];
}
