/** Data in, text out: the inverse of parsing, but for comments, blank lines and indentation. */
import { formatStep } from '@cowlab/scenario';
import { formatRaceStep } from '../machine/operations.ts';
import type { Race, Verdict } from './race.ts';
import { DEFAULT_SPECS } from './specs.ts';

export function formatRace(
  { title, question, notes, setup, specs, weakened, strengthened = [], atomics, actors, verdicts }: Race,
): string {
  const usual = specs.length === DEFAULT_SPECS.length && specs.every((spec, at) => spec === DEFAULT_SPECS[at]);
  return [
    `title ${title}`,
    ...(question === '' ? [] : [`question ${question}`]),
    ...notes.map((note) => `note ${note}`),
    ...(setup.pool === 0 ? [] : [`pool ${setup.pool}`]),
    ...setup.steps.map(formatStep),
    ...(usual ? [] : [`spec ${specs.join(' ')}`]),
    ...(weakened.length === 0 ? [] : [`weaken ${weakened.join(' ')}`]),
    ...(strengthened.length === 0 ? [] : [`strengthen ${strengthened.join(' ')}`]),
    ...(atomics === undefined ? [] : [`atomics ${atomics}`]),
    ...actors.flatMap((
      { name, tlb, steps },
    ) => [`actor ${name}${tlb ? ' tlb' : ''}`, ...steps.map((step) => `  ${formatRaceStep(step)}`)]),
    ...verdicts.map(formatVerdict),
  ].map((line) => `${line}\n`).join('');
}

/** As it stands in the file. */
export function formatVerdict({ lanes, memory, safe }: Pick<Verdict, 'lanes' | 'memory' | 'safe'>): string {
  return `check ${lanes === '*' ? '*' : lanes.join(',')} ${memory.join(',')} ${safe ? 'safe' : 'broken'}`;
}
