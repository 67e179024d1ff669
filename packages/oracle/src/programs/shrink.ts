/**
 * Delta debugging: from a program on which kernel and model part to a small one on which they still do. Greedy: of
 * each round's candidates the first that still shows the difference is kept. Candidates are asked in batches, because
 * the kernel answers many as quickly as one; in which order they come depends on nothing but the program, so a run is
 * repeated exactly.
 */
import { formatPrograms, type Program } from '@cowlab/scenario';
import type { Divergence } from '../compare/divergence.ts';
import { lawful } from './lawful.ts';
import { simplified } from './simplify.ts';

/** What each of the programs comes to: the first difference, or null. */
export type Differs = (programs: readonly Program[]) => Promise<readonly (Divergence | null)[]>;

export interface Shrunk {
  readonly program: Program;
  readonly divergence: Divergence;
  /** Programs that were asked. */
  readonly nrTried: number;
  /** Nothing simpler shows the difference; false: the bound was reached before that was certain. */
  readonly minimal: boolean;
}

/** Programs asked for one divergence: some ten seconds of a kernel. */
const TRIED_MAX = 2500;
const BATCH = 24;

export async function shrink(
  program: Program,
  divergence: Divergence,
  differs: Differs,
  triedMax = TRIED_MAX,
): Promise<Shrunk> {
  const shrinker = new Shrinker(upTo(program, divergence), divergence, differs, triedMax);
  await shrinker.cut();
  // What lies behind a difference may show in another way when less stands before it.
  shrinker.anyWay = true;
  await shrinker.cut();
  return { program: shrinker.program, divergence: shrinker.divergence, nrTried: shrinker.nrTried,
    minimal: shrinker.nrTried < triedMax };
}

class Shrinker {
  anyWay = false;
  nrTried = 0;
  /** Texts of programs that were asked, or that are the one at hand. */
  private readonly known = new Set<string>();

  constructor(
    public program: Program,
    public divergence: Divergence,
    private readonly differs: Differs,
    private readonly triedMax: number,
  ) {
    this.known.add(textOf(program));
  }

  /** Until nothing simpler is left. */
  async cut(): Promise<void> {
    if (this.anyWay) this.known.clear();
    for (let found = true; found && this.nrTried < this.triedMax;) found = await this.round();
  }

  private async round(): Promise<boolean> {
    let batch: Program[] = [];
    for (const candidate of simplified(this.program)) {
      const program = lawful(candidate);
      const text = textOf(program);
      if (program.steps.length === 0 || Object.keys(program.watch).length === 0 || this.known.has(text)
        || !simpler(program, this.program)) continue;
      this.known.add(text);
      batch.push(program);
      if (batch.length < BATCH) continue;
      if (await this.tries(batch)) return true;
      if (this.nrTried >= this.triedMax) return false;
      batch = [];
    }
    return batch.length > 0 && (await this.tries(batch));
  }

  private async tries(batch: readonly Program[]): Promise<boolean> {
    this.nrTried += batch.length;
    const found = await this.differs(batch);
    const at = found.findIndex((divergence) => divergence !== null && this.alike(divergence));
    // Others that differ may come again, from the program that is kept now.
    for (const [index, divergence] of found.entries())
      if (index > at && divergence !== null && at >= 0) this.known.delete(textOf(batch[index]));
    const divergence = found[at] ?? null;
    if (divergence === null) return false;
    this.divergence = divergence;
    this.program = upTo(batch[at], divergence);
    return true;
  }

  /** A model that breaks down is another matter than one that answers wrongly. */
  private alike({ kind }: Divergence): boolean {
    return this.anyWay
      ? (kind === 'crash') === (this.divergence.kind === 'crash')
      : SORTS[kind] === SORTS[this.divergence.kind];
  }
}

const SORTS: Readonly<Record<Divergence['kind'], string>> = { crash: 'crash', err: 'result', ret: 'value',
  final: 'value', value: 'value', device: 'value', pipe: 'value', presence: 'presence', class: 'frame',
  mapcount: 'frame', flags: 'flags' };

/** Steps after the first difference do nothing for it. */
function upTo(program: Program, { step, kind }: Divergence): Program {
  return step < 0 || kind === 'crash' ? program : { ...program, steps: program.steps.slice(0, step + 1) };
}

const textOf = (program: Program): string => formatPrograms([{ ...program, id: '0' }]);

/** Every change goes down, so that no two programs are exchanged for each other for ever. */
function simpler(one: Program, other: Program): boolean {
  const [a, b] = [weight(one), weight(other)];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && a[at] < b[at];
}

/** What matters most first. */
function weight({ steps, watch, pool }: Program): readonly number[] {
  const sum = (of: (step: Program['steps'][number]) => number): number =>
    steps.reduce((all, step) => all + of(step), 0);
  return [
    steps.length,
    sum(({ op }) => (op === 'fork' ? 1 : 0)),
    sum((step) => (step.op === 'mmap' ? KINDS.indexOf(step.kind) : 0)),
    sum((step) => (step.op === 'mmap' ? step.nr : 0)),
    sum(({ op }) => (op === 'pvwrite' || op === 'pvread' ? 1 : 0)),
    Object.values(watch).reduce((all, pages) => all + pages.length, 0),
    Object.values(watch).reduce((all, pages) => all + pages.reduce((total, page) => total + page, 0), 0),
    pool === 64 ? 0 : 1,
    // What begins with the first page, and of that the shorter.
    sum((
      step,
    ) => ('start' in step
      ? (step.start === 0 ? 0 : 1) + Math.min(step.nr, 1000) / 1000
      : 'page' in step
      ? Math.min(step.page, 1)
      : 0)
    ),
    sum((step) => ('start' in step ? step.start : 'page' in step ? step.page : 0)),
    sum((step) =>
      ('p' in step ? step.p : 0) + ('r' in step ? step.r : 0) + ('slot' in step ? step.slot : 0)
      + ('value' in step ? step.value : 0) + ('child' in step ? step.child : 0)
    ),
  ];
}

const KINDS: readonly string[] = ['anon', 'thp', 'huge', 'shanon', 'file', 'sharedfile', 'rofile'];
