/** Whether what a policy calls its traits are some: a slip there would change nothing and be taken for a result. */
import { FORK_TESTS, TRAITS } from '@cowlab/core';
import { didYouMean } from '@cowlab/prose';

const KNOWN: Readonly<Record<string, readonly (string | boolean)[]>> = TRAITS;
const TESTS: readonly string[] = FORK_TESTS;

/** null when all is well, else what is wrong and the mend. */
export function oddTrait(traits: unknown): readonly [problem: string, mend: string] | null {
  if (typeof traits !== 'object' || traits === null || Array.isArray(traits))
    return ['`traits` is no object', "write `traits: { forkOrder: 'wrprotect-first' }`"];
  for (const [name, value] of Object.entries(traits)) {
    if (!Object.hasOwn(KNOWN, name)) return [`has a trait '${name}'`, didYouMean(name, Object.keys(KNOWN))];
    // Left out on purpose.
    if (value === undefined || KNOWN[name].includes(value as string)) continue;
    if (name === 'forkOrder' && Array.isArray(value) && value.every((test) => TESTS.includes(test as string))) continue;
    return [`trait '${name}' cannot be ${JSON.stringify(value)}`, mendOf(name, value)];
  }
  return null;
}

function mendOf(name: string, value: unknown): string {
  if (typeof KNOWN[name][0] === 'boolean') return 'use true or false';
  if (name !== 'forkOrder') return `use ${KNOWN[name].join(', ')}`;
  const list = `a list of ${TESTS.join(', ')}`;
  return Array.isArray(value) ? `use ${list}` : `use ${KNOWN[name].join(', ')}, or ${list}`;
}
