/** The two languages as the server knows them: their words, from the tables that the parsers read by, and their faults. */
import { RACE_TERMS, RACE_VALUES, raceFaults } from '@cowlab/checker';
import { HAZARDS } from '@cowlab/plugin-api';
import { ASSERTION_TERMS, CLAIM_TERMS, HEAD_TERMS, operandName, PIN_STATES, type ScenarioError, scenarioFaults,
  STEP_TERMS, type Term, valuesOf } from '@cowlab/scenario';

export type LanguageId = 'cow' | 'race';
export type Values = Readonly<Record<string, string>>;

/** What may stand at a place of a line. */
export type Place =
  | { readonly is: 'word'; readonly terms: readonly Term[] }
  | { readonly is: 'lanes' }
  /** `names`: several of them may stand there, joined by commas. */
  | { readonly is: 'values'; readonly name: string; readonly values: Values }
  /** A number or a name: `name` of `shape`. */
  | { readonly is: 'operand'; readonly name: string; readonly shape: string }
  | { readonly is: 'text' };

interface Language {
  readonly terms: readonly Term[];
  readonly faults: (text: string, name: string) => readonly ScenarioError[];
}

const TEXT: Place = { is: 'text' };
const HAZARD_VALUES: Values = { none: 'no hazard was found', ...HAZARDS };

/** `storm` is for live kernels: the parser of races says so. */
const IN_RACES = STEP_TERMS.filter(({ word }) => word !== 'storm');

export const LANGUAGES: Readonly<Record<LanguageId, Language>> = {
  cow: { terms: [...HEAD_TERMS, ...STEP_TERMS, ...CLAIM_TERMS], faults: scenarioFaults },
  race: { terms: [...RACE_TERMS, ...IN_RACES], faults: raceFaults },
};

export const isLanguage = (id: string): id is LanguageId => Object.hasOwn(LANGUAGES, id);

/** `at` counts words of the line from 0; those before it are what was typed. */
export function placeOf(language: LanguageId, words: readonly string[], at: number): Place {
  const { terms } = LANGUAGES[language];
  if (at === 0) return { is: 'word', terms };
  const term = terms.find(({ word }) => word === words[0]);
  if (term === undefined) return TEXT;
  switch (term.word) {
    case 'expect':
      return at === 1 ? { is: 'lanes' } : claimed(words, at);
    case 'xfail':
      return at === 1 ? { is: 'lanes' } : TEXT;
    case 'check':
      return [{ is: 'lanes' } as const, values('MEMORY', RACE_VALUES.memory),
        values('VERDICT', RACE_VALUES.verdict)][at - 1]
        ?? TEXT;
    case 'spec':
    case 'weaken':
      return values('NAME', RACE_VALUES[term.word]);
    case 'actor':
      return at === 1
        ? { is: 'operand', name: 'NAME', shape: term.shape }
        : at === 2
        ? values('tlb', { tlb: 'it keeps stale TLB entries until they are flushed' })
        : TEXT;
    default:
      return operandAt(term, at - 1);
  }
}

/** After `expect LANES`. */
function claimed(words: readonly string[], at: number): Place {
  if (at === 2) return { is: 'word', terms: ASSERTION_TERMS };
  const term = ASSERTION_TERMS.find(({ word }) => word === words[2]);
  if (term === undefined) return TEXT;
  if (term.word === 'hazards') return values('HAZARD', HAZARD_VALUES);
  if (term.word === 'pin' && at === 4) return values('STATE', PIN_STATES);
  return operandAt(term, at - 3);
}

function operandAt({ operands, shape }: Term, nr: number): Place {
  const operand = operands[nr];
  // Lines with a notation of their own name what they take in their shape.
  const name = operand === undefined ? /^[A-Z]+$/.exec(shape.split(' ')[nr + 1] ?? '')?.[0] : operandName(operand);
  if (name === undefined || name === 'TEXT') return TEXT;
  const known = operand === undefined ? null : valuesOf(operand);
  return known === null ? { is: 'operand', name, shape } : values(name, known);
}

const values = (name: string, known: Values): Place => ({ is: 'values', name, values: known });
