/**
 * The language as a list of words, for those who show it: pages, editors. It is made from the rows that the parser reads
 * by, so that nothing is said of a word that is not so.
 */
import { assertionTerms } from './expectation.ts';
import { ERRNOS, type Operand, OPERANDS, shapeOf, type Term } from './operand.ts';
import { SETTING_SHAPES } from './machine-settings.ts';
import { ADVICES, ALLOCATED, HEIRS, KINDS, PROTS, SNAPSHOTS, TIMES, WATCHES } from './words/values.ts';
import { STEP_OPS, WORDS } from './words/words.ts';

const line = (word: string, shape: string, says: string): Term => ({ word, shape, says, operands: [] });

/** What is said once about the whole scenario, before its steps. */
export const HEAD_TERMS: readonly Term[] = [
  line('question', 'question TEXT', 'what the scenario asks; required'),
  line('title', 'title TEXT', 'a name for reports'),
  line('watch', 'watch R PAGE...', 'pages of region R that every process is asked for at the end'),
  line('pool', 'pool N', 'huge pages in the hugetlb pool; 64 if not said'),
  line('thp', SETTING_SHAPES.thp, 'where anonymous memory gets huge pages: always, madvise (if not said) or never'),
  line('mthp', SETTING_SHAPES.mthp,
    'folios of SIZE 16k to 1024k: always, madvise, inherit (as thp says) or never (if not said)'),
];

export const STEP_TERMS: readonly Term[] = STEP_OPS.map((word) => {
  const { fields } = WORDS[word].shape;
  return { word, shape: shapeOf(word, fields), says: WORDS[word].says, operands: fields };
});

/** What stands after the steps. */
export const CLAIM_TERMS: readonly Term[] = [
  line('expect', 'expect LANES ASSERTION', 'what is claimed of these lanes; * is every lane that is run'),
  line('xfail', 'xfail LANES WHY',
    'on these lanes not all of the expectations hold, because of a known defect of that kernel'),
];

export const ASSERTION_TERMS: readonly Term[] = assertionTerms();

/** Words that an operand may be, and what each means; null where it is a number or a name. */
export function valuesOf(operand: Operand): Readonly<Record<string, string>> | null {
  switch (operand) {
    case 'kind':
      return KINDS;
    case 'prot':
      return PROTS;
    case 'advice':
      return ADVICES;
    case 'what':
      return ALLOCATED;
    case 'times':
      return TIMES;
    case 'heirs':
      return HEIRS;
    case 'watches':
      return WATCHES;
    case 'snapshot':
      return SNAPSHOTS;
    case 'result':
      return RESULTS;
    case 'seen':
      return SIGNALS;
    default:
      return null;
  }
}

const SIGNALS = { SIGSEGV: 'the access ends in SIGSEGV: nothing is mapped there, or not so',
  SIGBUS: 'the access ends in SIGBUS: its page cannot be had' };
const RESULTS: Readonly<Record<string, string>> = { ok: 'the step succeeds', ...SIGNALS,
  ...Object.fromEntries(ERRNOS.map((errno) => [errno, `the step is refused with ${errno}`])) };

/** What an operand is called in the shape of a line. */
export const operandName = (operand: Operand): string => OPERANDS[operand][0];
