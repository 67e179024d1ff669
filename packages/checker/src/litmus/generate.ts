/** A cycle of accesses as a litmus test: the code of each thread, and the question whether the cycle can happen. */
import type { LoadStrength } from '../memory/views.ts';
import type { Condition } from './condition.ts';
import { type Annotation, type Cycle, type CycleEvent, cycleOf } from './cycle.ts';
import { addressOf, type Architecture, type Instruction, type LitmusTest, type Place, type Thread } from './program.ts';

/** null: the name does not say which test it is. */
export function generate(name: string, architecture: Architecture): LitmusTest | null {
  const cycle = cycleOf(name, architecture);
  if (cycle === null || !fitsIn(cycle, architecture)) return null;
  const asked: Condition[] = [...cycle.lasts].map(([word, value]) => ({ kind: 'word', word, value }));
  const threads = Array.from({ length: cycle.nrThreads },
    (_, thread) =>
      new Writer(thread, architecture, asked).thread(cycle.events.filter((event) => event.thread === thread)));
  const words = Array.from({ length: cycle.nrWords }, (_, word) => wordName(word));
  return { name, architecture, words, initial: words.map(() => 0), threads,
    condition: cycle.isOfOneWord ? { kind: 'unordered' } : { kind: 'and', of: asked } };
}

const LETTERS = 'xyzabcdefghijklmnopqrstuvw';
const wordName = (word: number): string => LETTERS[word] ?? `w${word}`;

/** x86 has no other barrier, and no annotations. */
function fitsIn({ events }: Cycle, architecture: Architecture): boolean {
  return events.every(({ after, annotation }) =>
    architecture === 'AArch64'
      ? after !== 'mfence'
      : annotation === 'p' && ['start', 'po', 'mfence', 'rfi', 'fri', 'wsi'].includes(after)
  );
}

const STRENGTHS: { readonly [Letter in Annotation]: LoadStrength } = { p: 'plain', x: 'plain', l: 'plain', a: 'acquire',
  q: 'acquirePc' };

class Writer {
  private readonly code: Instruction[] = [];
  private nrRegisters = 0;
  /** What the access before loaded. */
  private loaded = '';

  constructor(
    private readonly thread_: number,
    private readonly architecture: Architecture,
    private readonly asked: Condition[],
  ) {}

  thread(events: readonly CycleEvent[]): Thread {
    for (const event of events) this.access(event, this.between(event));
    return { registers: new Map(), code: this.code };
  }

  /** What stands before the access; the register that its address or its value is made of. */
  private between({ after }: CycleEvent): { readonly address?: string; readonly data?: string } {
    switch (after) {
      case 'dmb.sy':
      case 'mfence':
        this.code.push({ op: 'barrier', kind: 'sy' });
        return {};
      case 'dmb.ld':
      case 'dmb.st':
        this.code.push({ op: 'barrier', kind: after === 'dmb.ld' ? 'ld' : 'st' });
        return {};
      case 'addr':
      case 'data':
        return { [after === 'addr' ? 'address' : 'data']: this.compute('eor', this.loaded, this.loaded) };
      case 'ctrl':
      case 'ctrlisb': {
        const label = `L${this.code.length}`;
        this.code.push({ op: 'branch', on: this.loaded, ifZero: false, label }, { op: 'label', label });
        if (after === 'ctrlisb') this.code.push({ op: 'barrier', kind: 'isb' });
        return {};
      }
      default:
        return {};
    }
  }

  private access(
    { direction, annotation, word, value }: CycleEvent,
    { address, data }: { readonly address?: string; readonly data?: string },
  ): void {
    const at: Place = { base: addressOf(word), ...(address !== undefined && { index: address }) };
    const exclusive = annotation === 'x';
    if (direction === 'R' || exclusive) {
      this.loaded = this.register();
      this.code.push({ op: 'load', to: this.loaded, at, strength: STRENGTHS[annotation], exclusive });
      this.ask(this.loaded, direction === 'R' ? value : value - 1);
    }
    if (direction === 'R' && !exclusive) return;
    const from = direction === 'R' ? this.loaded : data === undefined ? value : this.compute('add', data, value);
    const status = exclusive ? this.register() : null;
    this.code.push({ op: 'store', from, at, release: annotation === 'l', status });
    if (status !== null) this.ask(status, 0);
  }

  private compute(op: 'add' | 'eor', a: string, b: string | number): string {
    const to = this.register();
    this.code.push({ op, to, a, b });
    return to;
  }

  private ask(register: string, value: number): void {
    this.asked.push({ kind: 'register', thread: this.thread_, register, value });
  }

  private register(): string {
    return this.architecture === 'X86' ? `R${this.nrRegisters++}` : `X${this.nrRegisters++}`;
  }
}
