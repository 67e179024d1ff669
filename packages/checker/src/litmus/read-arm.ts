/** One cell of an AArch64 table as instructions. */
import type { LoadStrength } from '../memory/views.ts';
import { FLAGS, type Instruction, type Operand, type Place, registerName } from './program.ts';

const LOADS: { readonly [name: string]: { readonly strength: LoadStrength; readonly exclusive: boolean } } = {
  LDR: { strength: 'plain', exclusive: false },
  LDAR: { strength: 'acquire', exclusive: false },
  LDAPR: { strength: 'acquirePc', exclusive: false },
  LDXR: { strength: 'plain', exclusive: true },
  LDAXR: { strength: 'acquire', exclusive: true },
};
const STORES: { readonly [name: string]: { readonly release: boolean; readonly exclusive: boolean } } = {
  STR: { release: false, exclusive: false },
  STLR: { release: true, exclusive: false },
  STXR: { release: false, exclusive: true },
  STLXR: { release: true, exclusive: true },
};
const SUMS = { ADD: 'add', SUB: 'sub', EOR: 'eor', AND: 'and' } as const;
const BRANCHES: { readonly [name: string]: boolean } = { CBZ: true, CBNZ: false, 'B.EQ': true, 'B.NE': false, BEQ: true,
  BNE: false };
const BARRIERS: { readonly [name: string]: 'sy' | 'ld' | 'st' } = { SY: 'sy', ISH: 'sy', LD: 'ld', ISHLD: 'ld',
  ST: 'st', ISHST: 'st' };

/** @throws RangeError where it is not understood */
export function readArm(cell: string): readonly Instruction[] {
  const label = /^(\w+):\s*(.*)$/.exec(cell);
  if (label !== null) return [{ op: 'label', label: label[1] }, ...(label[2] === '' ? [] : readArm(label[2]))];
  const [, name, rest] = /^(\S+)\s*(.*)$/.exec(cell.toUpperCase()) ?? [];
  const words = operandsOf(rest ?? '');
  const no = (): never => {
    throw new RangeError(`the instruction ${cell} is not known`);
  };
  if (Object.hasOwn(LOADS, name) && words.length === 2)
    return [{ op: 'load', to: registerName(words[0]), at: placeOf(words[1]) ?? no(), ...LOADS[name] }];
  if (Object.hasOwn(STORES, name)) {
    const { release, exclusive } = STORES[name];
    const [from, at] = exclusive ? words.slice(1) : words;
    if (at === undefined) return no();
    return [{ op: 'store', from: operand(from), at: placeOf(at) ?? no(), release,
      status: exclusive ? registerName(words[0]) : null }];
  }
  const atomic = /^(LDADD|SWP|STADD)(A?)(L?)$/.exec(name);
  if (atomic !== null) {
    const [, what, acquire, release] = atomic;
    const [from, to, at] = what === 'STADD' ? [words[0], 'XZR', words[1]] : words;
    if (at === undefined) return no();
    return [{ op: 'atomic', what: what === 'SWP' ? 'swap' : 'add', to: /^[WX]ZR$/.test(to) ? null : registerName(to),
      from: operand(from), at: placeOf(at) ?? no(), acquire: acquire !== '', release: release !== '' }];
  }
  if (name === 'DMB' || name === 'DSB') return [{ op: 'barrier', kind: BARRIERS[words[0]] ?? no() }];
  if (name === 'ISB') return [{ op: 'barrier', kind: 'isb' }];
  if (name === 'MOV') return [{ op: 'move', to: registerName(words[0]), value: operand(words[1]) }];
  if (Object.hasOwn(SUMS, name) && words.length >= 3) {
    return [{ op: SUMS[name as keyof typeof SUMS], to: registerName(words[0]), a: operand(words[1]),
      b: operand(words[2]) }];
  }
  if (name === 'CMP') return [{ op: 'compare', a: operand(words[0]), b: operand(words[1]) }];
  if (name === 'B') return [{ op: 'branch', on: null, ifZero: false, label: labelOf(cell) }];
  if (Object.hasOwn(BRANCHES, name)) {
    return [{ op: 'branch', on: words.length === 1 ? FLAGS : registerName(words[0]), ifZero: BRANCHES[name],
      label: labelOf(cell) }];
  }
  return name === 'NOP' ? [] : no();
}

/** Split at commas that stand outside brackets. */
const operandsOf = (text: string): string[] => text === '' ? [] : text.split(/,(?![^[]*\])/).map((word) => word.trim());

const operand = (word: string): Operand =>
  /^#/.test(word) ? Number(word.slice(1)) : /^[WX]ZR$/.test(word) ? 0 : registerName(word);

function placeOf(word: string): Place | null {
  const found = /^\[\s*(X\d+)\s*(?:,\s*([WX]\d+)\s*(?:,\s*(?:SXTW|UXTW)\s*)?)?(?:,\s*#0\s*)?\]$/.exec(word);
  if (found === null) return null;
  return found[2] === undefined ? { base: found[1] } : { base: found[1], index: registerName(found[2]) };
}

const labelOf = (cell: string): string => /(\w+)\s*$/.exec(cell)?.[1] ?? '';
