/** The TextMate grammars, made from the tables of words; `grammar.spec.ts` holds the files in syntaxes/ to them. */
import { RACE_TERMS, RACE_VALUES } from '@cowlab/checker';
import { HAZARDS } from '@cowlab/plugin-api';
import { ASSERTION_TERMS, CLAIM_TERMS, PIN_STATES, STEP_TERMS, valuesOf } from '@cowlab/scenario';
import { type LanguageId, LANGUAGES } from './languages.ts';

interface Rule {
  readonly match?: string;
  readonly name?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly beginCaptures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly Rule[];
}

export interface Grammar {
  readonly name: string;
  readonly scopeName: string;
  readonly patterns: readonly Rule[];
}

const TEXTS = ['question', 'title', 'note'];
const CLAIMS = [...CLAIM_TERMS.map(({ word }) => word), 'check'];
/** What is read by position is a step. */
const STEPS = [...STEP_TERMS, ...RACE_TERMS.filter(({ operands }) => operands.length > 0)].map(({ word }) => word);

export function grammarOf(language: LanguageId): Grammar {
  const words = LANGUAGES[language].terms.map(({ word }) => word);
  const only = (group: readonly string[]): readonly string[] => words.filter((word) => group.includes(word));
  const heads = words.filter((word) => ![...TEXTS, ...CLAIMS, ...STEPS].includes(word));
  return {
    name: language === 'cow' ? 'cowlab scenario' : 'cowlab race',
    scopeName: `source.${language}`,
    patterns: [
      { match: '^\\s*#.*$', name: `comment.line.number-sign.${language}` },
      { match: `^\\s*(${oneOf(only(TEXTS))})(?:\\s+(.*))?$`,
        captures: { 1: { name: `keyword.other.${language}` }, 2: { name: `string.unquoted.${language}` } } },
      claimRule(only(CLAIMS), language),
      lineRule(only(STEPS), 'keyword.control', language),
      lineRule(heads, 'keyword.other', language),
      // Nothing else begins a line.
      { match: '^\\s*\\S+', name: `invalid.illegal.${language}` },
    ],
  };
}

function lineRule(words: readonly string[], scope: string, language: LanguageId): Rule {
  return { begin: `^\\s*(${oneOf(words)})(?=\\s|$)`, beginCaptures: { 1: { name: `${scope}.${language}` } }, end: '$',
    patterns: operandRules(language) };
}

/** The lanes stand second, and are names. */
function claimRule(words: readonly string[], language: LanguageId): Rule {
  return { begin: `^\\s*(${oneOf(words)})(?:\\s+(\\S+))?(?=\\s|$)`, end: '$',
    beginCaptures: { 1: { name: `keyword.other.${language}` }, 2: { name: `entity.name.lane.${language}` } },
    patterns: [
      ...(language === 'cow' ? [whole(ASSERTION_TERMS.map(({ word }) => word), 'support.function', language)] : []),
      ...operandRules(language),
    ] };
}

/** Operands that are words, wherever they stand; the parser says which may stand where. */
function operandRules(language: LanguageId): readonly Rule[] {
  const ofSteps = STEP_TERMS.flatMap(({ operands }) => operands);
  const ofClaims = ASSERTION_TERMS.flatMap(({ operands }) => operands);
  const operands = language === 'cow' ? [...ofSteps, ...ofClaims] : ofSteps;
  const known = [
    ...operands.flatMap((operand) => Object.keys(valuesOf(operand) ?? {})),
    ...(language === 'cow'
      ? [...Object.keys(PIN_STATES), ...Object.keys(HAZARDS), 'none']
      : [...Object.values(RACE_VALUES).flatMap((table) => Object.keys(table)), 'sc,tso', 'tlb']),
  ];
  return [whole([...new Set(known)], 'constant.language', language), { match: '(?<=\\s)(?:>=)?\\d+(?=\\s|$)',
    name: `constant.numeric.${language}` }];
}

const whole = (words: readonly string[], scope: string, language: LanguageId): Rule => ({
  match: `(?<=\\s)(?:${oneOf(words)})(?=\\s|$)`,
  name: `${scope}.${language}`,
});

/** Whole words are asked for, so their order does not matter; no word of these has a sign that a pattern would read. */
const oneOf = (words: readonly string[]): string => words.join('|');
