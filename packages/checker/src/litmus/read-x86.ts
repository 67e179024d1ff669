/** One cell of an X86 table as instructions: loads and stores in brackets, MFENCE, XCHG. */
import { type Instruction, type Operand, registerName } from './program.ts';

/** @throws RangeError where it is not understood */
export function readX86(cell: string): readonly Instruction[] {
  const [, name, rest] = /^(\S+)\s*(.*)$/.exec(cell.replace(/^LOCK\s+/i, '')) ?? [];
  const words = (rest ?? '').split(',').map((word) => word.trim());
  const what = name.toUpperCase();
  if (what === 'MFENCE') return [{ op: 'barrier', kind: 'sy' }];
  const [to, from] = words;
  if (what === 'MOV' && isPlace(to))
    return [{ op: 'store', from: operand(from), at: { base: to }, release: false, status: null }];
  if (what === 'MOV' && from !== undefined && isPlace(from))
    return [{ op: 'load', to: registerName(to), at: { base: from }, strength: 'plain', exclusive: false }];
  if (what === 'MOV' && from !== undefined) return [{ op: 'move', to: registerName(to), value: operand(from) }];
  if (what === 'XCHG' && from !== undefined && isPlace(to) !== isPlace(from)) {
    const [place, register] = isPlace(to) ? [to, from] : [from, to];
    return [{ op: 'atomic', what: 'swap', to: registerName(register), from: registerName(register), at: { base: place },
      acquire: true, release: true }];
  }
  throw new RangeError(`the instruction ${cell} is not known`);
}

const isPlace = (word: string): boolean => /^\[\w+\]$/.test(word);
const operand = (word: string): Operand => /^\$?-?\d+$/.test(word) ? Number(word.replace('$', '')) : registerName(word);
