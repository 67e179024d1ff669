/** Races at random, small enough to be searched whole: what the laws of a search are held against. */
import type { Step } from '@cowlab/scenario';
import type { RaceStep } from '../machine/operations.ts';
import type { Weakening } from '../memory/orders.ts';
import type { Race, RaceActor } from './race.ts';
import { DEFAULT_SPECS } from './specs.ts';

type Kind = 'anon' | 'thp' | 'huge';
/** A number from 0 on, below 1. */
type Random = () => number;

/** How often of 100. */
const TWINS = 55;
const TWO_STEPS = 30;
const TLB = 20;
const CHILD = 20;
const THREAD = 25;
const WEAK_STORE = 12;
const WEAK_LOCK = 8;

const NR_PAGES: { readonly [K in Kind]: number } = { anon: 2, thp: 4, huge: 4 };
const POOL = 3;

export function randomRace(random: Random, name: string): Race {
  const draft = new Draft(random);
  const actors = draft.actors();
  const weakened: Weakening[] = [...(draft.isIn(WEAK_STORE) ? ['wrprotect' as const] : []),
    ...(draft.isIn(WEAK_LOCK) ? ['lock' as const] : [])];
  return { name, title: 'A race at random', question: 'Does every search say the same of it?', notes: [],
    specs: DEFAULT_SPECS, verdicts: [], weakened, actors,
    setup: { pool: draft.kind === 'huge' ? POOL : 0, steps: draft.setup } };
}

class Draft {
  readonly kind: Kind;
  readonly setup: readonly Step[];
  private readonly hasChild: boolean;
  private readonly hasThread: boolean;
  private slot = 0;
  private forks = 0;

  constructor(private readonly random: Random) {
    this.kind = this.one(['anon', 'anon', 'anon', 'thp', 'huge']);
    const { kind } = this;
    const setup: Step[] = [{ op: 'mmap', p: 0, r: 0, kind, nr: NR_PAGES[kind] }];
    for (const page of [0, 1])
      if (this.isIn(page === 0 ? 80 : 40)) setup.push({ op: 'write', p: 0, r: 0, page, value: page + 1 });
    this.hasChild = this.isIn(CHILD);
    if (this.hasChild) setup.push({ op: 'fork', p: 0, child: 1 });
    if (this.hasChild && this.isIn(40)) {
      setup.push({ op: 'exit', p: 1 });
      this.hasChild = false;
    }
    this.hasThread = this.isIn(THREAD);
    if (this.hasThread) setup.push({ op: 'thread', p: 0, child: 3 });
    this.setup = setup;
  }

  actors(): readonly RaceActor[] {
    const programs: RaceStep[][] = [];
    if (this.isIn(TWINS)) {
      const step = this.hold();
      programs.push([step], [{ ...step, slot: this.slot++ }]);
    }
    const nr = programs.length === 2 ? this.one([2, 3, 3, 3]) : this.one([2, 2, 3]);
    while (programs.length < nr) programs.push(this.isIn(TWO_STEPS) ? [this.step(), this.step()] : [this.step()]);
    for (let i = programs.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [programs[i], programs[j]] = [programs[j], programs[i]];
    }
    return programs.map((steps, at) => ({ name: 'ABC'[at], tlb: this.isIn(TLB), steps }));
  }

  isIn(percent: number): boolean {
    return this.random() * 100 < percent;
  }

  private one<T>(of: readonly T[]): T {
    return of[this.below(of.length)];
  }

  private below(end: number): number {
    return Math.floor(this.random() * end);
  }

  /** Parts of a hugetlb page cannot be asked for. */
  private range(): { readonly start: number; readonly nr: number } {
    const nr = NR_PAGES[this.kind];
    if (this.kind === 'huge' || this.isIn(30)) return { start: 0, nr };
    return { start: this.below(2), nr: 1 };
  }

  private hold(): Extract<RaceStep, { readonly op: 'pin' | 'rpin' | 'spin' | 'vmsplice' | 'gupfast' }> {
    const op = this.one(['gupfast', 'gupfast', 'pin', 'pin', 'rpin', 'spin', 'vmsplice'] as const);
    return { op, p: 0, slot: this.slot++, r: 0, ...this.range() };
  }

  private step(): RaceStep {
    const p = this.hasChild && this.isIn(30) ? 1 : this.hasThread && this.isIn(50) ? 3 : 0;
    const page = this.below(2);
    const op = this.one(['fork', 'fork', 'hold', 'hold', 'write', 'write', 'read', 'swapout', 'dontneed', 'munmap',
      'mprotect', 'ksm', 'clearrefs', 'touch']);
    switch (op) {
      case 'fork':
        return this.forks++ === 0 ? { op, p: 0, child: 2 } : this.hold();
      case 'write':
        return { op, p, r: 0, page, value: 3 + this.below(6) };
      case 'read':
      case 'touch':
        return { op, p, r: 0, page };
      case 'clearrefs':
        return { op, p };
      case 'swapout':
        return this.kind === 'anon' ? { op, p, r: 0, start: page, nr: 1 } : this.hold();
      case 'ksm':
        return this.kind === 'anon' ? { op, p, r: 0, page } : this.hold();
      case 'dontneed':
        return { op: 'madvise', p, r: 0, ...this.range(), advice: 'dontneed' };
      case 'munmap':
        return { op, p, r: 0, ...this.range() };
      case 'mprotect':
        return { op, p, r: 0, ...this.range(), prot: this.one(['r', 'rw'] as const) };
      default:
        return this.hold();
    }
  }
}
