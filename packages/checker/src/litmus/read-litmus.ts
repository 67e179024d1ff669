/** Litmus tests as files: a head, what words and registers hold at first, a table of code, and the question. */
import type { Condition } from './condition.ts';
import { readArm } from './read-arm.ts';
import { readX86 } from './read-x86.ts';
import { readCondition } from './read-condition.ts';
import { addressOf, type Architecture, type Instruction, type LitmusTest, registerName } from './program.ts';

/** A test that is not understood: where, and what. */
export class LitmusError extends Error {
  override readonly name = 'LitmusError';

  constructor(readonly file: string, readonly line: number, what: string, mend: string) {
    super(`${file}:${line}: ${what}; ${mend}`);
  }
}

const ARCHITECTURES: { readonly [Name in Architecture]: (text: string) => readonly Instruction[] } = { AArch64: readArm,
  X86: readX86 };

/** @throws LitmusError */
export function readLitmus(text: string, file: string): LitmusTest {
  const lines = withoutComments(text).split('\n');
  const fail = (line: number, what: string, mend: string): never => {
    throw new LitmusError(file, line + 1, what, mend);
  };
  const first = lines.findIndex((line) => line.trim() !== '');
  const head = /^\s*(\S+)\s+(\S+)/.exec(lines[first] ?? '');
  if (head === null) return fail(0, 'there is no head', 'begin with: AArch64 NAME, or X86 NAME');
  const architecture = head[1] as Architecture;
  if (!Object.hasOwn(ARCHITECTURES, architecture))
    return fail(first, `the architecture ${head[1]} is not known`, 'AArch64 and X86 are');
  const open = lines.findIndex((line) => line.trimStart().startsWith('{'));
  if (open < 0) return fail(first, 'there is no initial state', 'write { } below the head');
  const close = lines.findIndex((line, at) => at >= open && line.includes('}'));
  if (close < 0) return fail(open, 'the initial state has no end', 'close it with }');
  const asked = lines.findIndex((line, at) => at > close && /^\s*(~?\s*exists|forall|locations|filter)\b/.test(line));
  if (asked < 0) return fail(lines.length - 1, 'there is no question', 'end with: exists (...)');
  const table = tableOf(lines, close + 1, asked,
    (at) => fail(at, 'the threads have different numbers of cells', 'give each line of the table one cell a thread'));
  const names = new Names();
  const state = stateOf(lines.slice(open, close + 1).join(' '), names,
    (what) => fail(open, what, 'write NAME=NUMBER, 0:REGISTER=NAME or 0:REGISTER=NUMBER'));
  const threads = table.map(({ cells }, thread) => ({
    registers: state.registers.get(thread) ?? new Map<string, number>(),
    code: cells.flatMap(({ text: cell, line }) => {
      try {
        return ARCHITECTURES[architecture](cell).map((instruction) => withWords(instruction, names));
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        return fail(line, cause.message, 'README.md of the checker lists what is understood');
      }
    }),
  }));
  let condition: Condition;
  try {
    condition = readCondition(lines.slice(asked).join('\n'), (name) => names.number(name));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return fail(asked, cause.message, 'write it as: exists (x=1 /\\ 0:X0=0)');
  }
  return { name: head[2], architecture, words: names.words,
    initial: names.words.map((name) => state.words.get(name) ?? 0), threads, condition };
}

class Names {
  readonly words: string[] = [];

  number(name: string): number {
    const known = this.words.indexOf(name);
    return known < 0 ? this.words.push(name) - 1 : known;
  }
}

/** Comments, and what some tools append between << and >>. */
const withoutComments = (text: string): string =>
  text.replace(/\(\*[\s\S]*?\*\)/g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/<<[\s\S]*?>>/g, '');

interface Column {
  readonly cells: { readonly text: string; readonly line: number }[];
}

function tableOf(
  lines: readonly string[],
  from: number,
  to: number,
  ragged: (line: number) => never,
): readonly Column[] {
  const columns: Column[] = [];
  for (let line = from; line < to; line++) {
    const row = lines[line].trim().replace(/;\s*$/, '');
    if (row === '' || !lines[line].includes(';')) continue;
    const cells = row.split('|').map((cell) => cell.trim());
    if (columns.length === 0) {
      // The names of the threads.
      cells.forEach(() => columns.push({ cells: [] }));
      continue;
    }
    if (cells.length !== columns.length) ragged(line);
    cells.forEach((text, at) => {
      if (text !== '') columns[at].cells.push({ text, line });
    });
  }
  return columns;
}

interface State {
  readonly words: Map<string, number>;
  readonly registers: Map<number, Map<string, number>>;
}

function stateOf(text: string, names: Names, fail: (what: string) => never): State {
  const state: State = { words: new Map(), registers: new Map() };
  for (const part of text.replace(/[{}]/g, ' ').split(';')) {
    const said = part.trim();
    if (said === '') continue;
    const found = /^(?:(?:u?int\d*_t|int|long)\s+)?(?:P?(\d+):)?([%\w]+)(?:\s*=\s*(-?\w+))?$/.exec(said);
    if (found === null) return fail(`the initial state has ${said}`);
    const [, thread, name, given = '0'] = found;
    const value = /^-?(\d+|0x[\da-f]+)$/i.test(given) ? Number(given) : addressOf(names.number(given));
    if (thread === undefined) {
      names.number(name);
      state.words.set(name, value);
    } else {
      const own = state.registers.get(Number(thread)) ?? new Map<string, number>();
      state.registers.set(Number(thread), own.set(registerName(name), value));
    }
  }
  return state;
}

/** Words that code names in brackets are addresses. */
function withWords(instruction: Instruction, names: Names): Instruction {
  if (!('at' in instruction) || typeof instruction.at.base !== 'string') return instruction;
  const word = /^\[(.+)\]$/.exec(instruction.at.base);
  return word === null
    ? instruction
    : { ...instruction, at: { base: addressOf(names.number(word[1])) } };
}
