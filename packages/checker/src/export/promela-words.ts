/**
 * The words of a race as variables of a Promela model: their identifiers, and symbols for what they hold. Symbols are
 * numbered so that each word needs few bits: two that no word holds in turn may share a number.
 */
import type { Names } from '../machine/names.ts';
import type { Automaton } from '../machine/automaton.ts';

/** Identifiers that nobody else has, in text that SPIN and the C preprocessor read. */
export class Identifiers {
  private readonly taken = new Set(RESERVED);

  take(text: string): string {
    const plain =
      text.replaceAll('+', ' plus ').replace(/^-/, 'minus ').replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '')
      || 'x';
    const name = /^[A-Za-z]/.test(plain) ? plain : `n${plain}`;
    let own = name;
    for (let nr = 2; this.taken.has(own); nr++) own = `${name}_${nr}`;
    this.taken.add(own);
    return own;
  }
}

const RESERVED = ['active', 'assert', 'atomic', 'bit', 'bool', 'break', 'byte', 'chan', 'd_step', 'do', 'else', 'empty',
  'enabled', 'end', 'eval', 'false', 'fi', 'for', 'full', 'get_priority', 'goto', 'hidden', 'if', 'in', 'init',
  'inline', 'int', 'judge', 'len', 'local', 'ltl', 'mtype', 'nempty', 'never', 'nfull', 'notrace', 'np_', 'od', 'of',
  'pc_value', 'pid', 'printf', 'printm', 'priority', 'proctype', 'progress', 'provided', 'return', 'run', 'select',
  'set_priority', 'short', 'show', 'skip', 'timeout', 'trace', 'true', 'typedef', 'unless', 'unsigned', 'xr', 'xs',
  'accept', 'c_code', 'c_decl', 'c_expr', 'c_state', 'c_track', 'D_proctype', 'linux', 'unix'];

export class Words {
  private readonly ids: readonly string[];
  private readonly codes: readonly (readonly number[])[];
  private readonly texts: readonly (readonly string[])[];
  private readonly symbols = new Map<string, { readonly id: string; readonly code: number }>();

  /** `owners`: the one actor that uses a variable, or -1. */
  constructor(
    private readonly automaton: Automaton,
    private readonly names: Names,
    identifiers: Identifiers,
    readonly owners: readonly number[],
  ) {
    const { variables } = automaton;
    this.texts = variables.map(({ values }, v) => values.map((_, number) => names.value(v, number)));
    this.ids = variables.map((_, v) => (this.isConstant(v) ? '' : identifiers.take(names.word(v))));
    this.number(identifiers);
    this.codes = variables.map(({ values }, v) => values.map((value, number) => this.symbol(v, number)?.code ?? value));
  }

  /** Written, but never with anything else than what it holds. */
  isConstant(v: number): boolean {
    return this.automaton.variables[v].values.length < 2;
  }

  id(v: number): string {
    return this.ids[v];
  }

  value(v: number, number: number): string {
    return this.symbol(v, number)?.id ?? String(this.codes[v][number]);
  }

  declaration(v: number, indent = ''): readonly string[] {
    const start = this.codes[v][0] === 0 ? '' : ` = ${this.value(v, 0)}`;
    const head = `${indent}${typeOf(Math.max(...this.codes[v]), this.ids[v])}${start};`;
    return told(head, `${this.names.word(v)}: ${this.texts[v].join(' | ')}`);
  }

  definitions(): readonly string[] {
    return [...this.symbols].flatMap((
      [text, { id, code }],
    ) => (id === text ? [`#define ${id} ${code}`] : told(`#define ${id} ${code}`, text)));
  }

  private symbol(v: number, number: number): { readonly id: string; readonly code: number } | undefined {
    return this.isNumber(v, number) ? undefined : this.symbols.get(this.texts[v][number]);
  }

  /** The number says what it means, and fits a byte. */
  private isNumber(v: number, number: number): boolean {
    const value = this.automaton.variables[v].values[number];
    return value >= 0 && value < 256 && this.texts[v][number] === String(value);
  }

  private number(identifiers: Identifiers): void {
    const together = new Map<string, Set<string>>();
    for (const [v, texts] of this.texts.entries()) {
      if (this.isConstant(v)) continue;
      texts.forEach((text, number) => {
        if (!this.isNumber(v, number)) together.set(text, new Set([...(together.get(text) ?? []), ...texts]));
      });
    }
    for (const [text, others] of together) {
      const used = new Set([...others].map((other) => this.symbols.get(other)?.code ?? Number(other)));
      let code = 0;
      while (used.has(code)) code++;
      this.symbols.set(text, { id: identifiers.take(text), code });
    }
  }
}

const COMMENT_COLUMN = 44;

/** Code and what is to be said about it. */
function told(code: string, text: string): readonly string[] {
  const about = `/* ${text} */`.split(' ');
  const besides = ' '.repeat(COMMENT_COLUMN);
  return code.length < COMMENT_COLUMN
    ? fill(about, code.padEnd(COMMENT_COLUMN), besides)
    : [code, ...fill(about, besides, besides)];
}

export function typeOf(max: number, id: string): string {
  if (max < 2) return `bit ${id}`;
  if (max < 128) return `unsigned ${id} : ${32 - Math.clz32(max)}`;
  return `${max < 256 ? 'byte' : max < 32768 ? 'short' : 'int'} ${id}`;
}

/** Lines of at most 78 columns; those after the first begin with `indent`. */
export function fill(words: readonly string[], first: string, indent: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

const COLUMNS = 78;
