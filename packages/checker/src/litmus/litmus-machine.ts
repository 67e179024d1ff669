/** A litmus test as something that the searches for races can search: one access is one step. */
import { grown, type Leaf } from '../machine/automaton.ts';
import type { Machine } from '../machine/machine.ts';
import type { End } from './condition.ts';
import { type Instruction, type LitmusTest, type Operand, type Place as Where, targetOf, wordAt } from './program.ts';
import { isSum, sum, TooLarge, valuesOf } from './traces.ts';

/** Before an access, or at the end. */
interface Standing {
  readonly at: number;
  readonly registers: ReadonlyMap<string, number>;
}

const MAX_STEPS = 400;

export class LitmusMachine implements Machine {
  readonly actors: readonly { readonly name: string }[];
  readonly variables: readonly { readonly values: readonly number[] }[];
  readonly leaves: Leaf[] = [];
  readonly places: Standing[][];
  readonly ends: boolean[][];
  version = 0;
  readonly corrections = 0;
  settled = false;
  readonly roots: Int32Array[];
  nodeVariable = new Int32Array(32);
  nodeChildren = new Int32Array(32);
  children = new Int32Array(128);
  private nrNodes = 0;
  private nrChildren = 0;
  private readonly placeIds: Map<string, number>[];

  constructor(private readonly test: LitmusTest) {
    this.actors = test.threads.map((_, thread) => ({ name: `P${thread}` }));
    this.variables = valuesOf(test).map((values) => ({ values }));
    this.places = test.threads.map(() => []);
    this.ends = test.threads.map(() => []);
    this.placeIds = test.threads.map(() => new Map<string, number>());
    this.roots = test.threads.map(() => new Int32Array(16));
    test.threads.forEach(({ registers }, thread) => this.arrive(thread, 0, new Map(registers)));
  }

  neighbours(): readonly number[] {
    return [];
  }

  /** What registers and words hold where all threads are through. */
  end(place: (actor: number) => number, value: (variable: number) => number): End {
    return { register: (thread, register) => this.places[thread][place(thread)].registers.get(register) ?? 0,
      word: (word) => this.variables[word].values[value(word)] };
  }

  learn(a: number, from: number, values: Int32Array): number {
    const standing = this.places[a][from];
    const instruction = this.test.threads[a].code[standing.at];
    const registers = new Map(standing.registers);
    const next = standing.at + 1;
    if (instruction.op === 'barrier') return this.leaf(a, from, null, 0, next, registers, { drains: true });
    if (!('at' in instruction)) throw new RangeError(`${instruction.op} is no access`);
    const word = this.where(registers, instruction.at);
    const seen = values[word];
    if (instruction.op === 'load') {
      registers.set(instruction.to, this.variables[word].values[seen]);
      return this.leaf(a, from, word, seen, next, registers, {});
    }
    const given = read(registers, instruction.from);
    if (instruction.op === 'store') {
      // Orders of whole stores know no other CPU between a load exclusive and its store: it does not fail for that.
      if (instruction.status !== null)
        throw new RangeError('load and store exclusive are of ARM, and so is their memory');
      return this.leaf(a, from, null, 0, next, registers, { buffered: [word, this.number(word, given)] });
    }
    const old = this.variables[word].values[seen];
    if (instruction.to !== null) registers.set(instruction.to, old);
    return this.leaf(a, from, word, seen, next, registers, { drains: true,
      writes: [word, this.number(word, instruction.what === 'swap' ? given : old + given)] });
  }

  private where(registers: ReadonlyMap<string, number>, { base, index }: Where): number {
    return wordAt(read(registers, base) + (index === undefined ? 0 : read(registers, index)), this.variables.length);
  }

  private number(word: number, value: number): number {
    const number = this.variables[word].values.indexOf(value);
    if (number < 0) throw new TooLarge(`the word ${this.test.words[word]} holds too many values`);
    return number;
  }

  /** `asks` null: whatever words hold. */
  private leaf(
    a: number,
    from: number,
    asks: number | null,
    seen: number,
    next: number,
    registers: Map<string, number>,
    { drains = false, writes = [], buffered = [] }: Partial<Pick<Leaf, 'drains' | 'writes' | 'buffered'>>,
  ): number {
    const to = this.arrive(a, next, registers);
    const { code } = this.test.threads[a];
    this.leaves.push({ actor: a, from, to, name: code[next - 1].op, drains, acknowledged: false, weak: false, reads: [],
      values: [], writes, buffered, crash: null, facts: [] });
    const leaf = this.leaves.length - 1;
    if (asks === null) this.roots[a][from] = -leaf - 1;
    else {
      if (this.roots[a][from] === 0) this.roots[a][from] = this.node(asks);
      this.children[this.nodeChildren[this.roots[a][from] - 1] + seen] = -leaf - 1;
    }
    this.version++;
    return leaf;
  }

  private node(variable: number): number {
    const nr = this.variables[variable].values.length;
    if (this.nrNodes === this.nodeVariable.length) {
      this.nodeVariable = grown(this.nodeVariable, this.nrNodes + 1);
      this.nodeChildren = grown(this.nodeChildren, this.nrNodes + 1);
    }
    if (this.nrChildren + nr > this.children.length) this.children = grown(this.children, this.nrChildren + nr);
    this.nodeVariable[this.nrNodes] = variable;
    this.nodeChildren[this.nrNodes] = this.nrChildren;
    this.nrChildren += nr;
    return ++this.nrNodes;
  }

  /** The place before the next access: what lies between touches no memory. */
  private arrive(a: number, at: number, registers: Map<string, number>): number {
    const { code } = this.test.threads[a];
    let next = at;
    for (let steps = 0; next < code.length && !isAccess(code[next]); steps++) {
      if (steps > MAX_STEPS) throw new TooLarge(`thread ${a} has no end within ${MAX_STEPS} steps`);
      next = stepLocally(code, next, registers);
    }
    const key = `${next} ${[...registers].map(([name, value]) => `${name}${value}`).join()}`;
    const known = this.placeIds[a].get(key);
    if (known !== undefined) return known;
    const id = this.places[a].push({ at: next, registers }) - 1;
    this.ends[a].push(next >= code.length);
    this.placeIds[a].set(key, id);
    if (id >= this.roots[a].length) this.roots[a] = grown(this.roots[a], id + 1);
    return id;
  }
}

const isAccess = ({ op }: Instruction): boolean =>
  op === 'load' || op === 'store' || op === 'atomic' || op === 'barrier';

function stepLocally(code: readonly Instruction[], at: number, registers: Map<string, number>): number {
  const instruction = code[at];
  if (instruction.op === 'branch') {
    const { on, ifZero, label } = instruction;
    return on === null || (read(registers, on) === 0) === ifZero ? targetOf(code, label) : at + 1;
  }
  if (isSum(instruction)) {
    const { to, value } = sum(instruction, (operand) => read(registers, operand));
    registers.set(to, value);
  }
  return at + 1;
}

const read = (registers: ReadonlyMap<string, number>, operand: Operand): number =>
  typeof operand === 'number' ? operand : registers.get(operand) ?? 0;
