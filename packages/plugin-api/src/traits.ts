/** Whether what a policy calls its traits are some: a slip there would change nothing and be taken for a result. */
import { type ForkTest, NAIVE_TRAITS, type Traits } from '@cowlab/core';

/** Of those that choose among words. The others are true or false. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  hasPinned: ['no', 'target', 'current'],
  hasPinnedSet: ['first', 'after-grab'],
  gupSeqChecks: ['both', 'first', 'last'],
  zeroPage: ['mapped', 'by-split', 'forbidden'],
  hugeZeroWrite: ['split', 'thp'],
  mprotectWritable: ['never', 'exclusive'],
  swapInReuse: ['mappings', 'references'],
  lazyfreeReclaim: ['dirty', 'references'],
  freeAsks: ['page', 'folio', 'first-page', 'likely', 'mm-ids'],
  mremapShrink: ['unmaps', 'looks-first'],
  registrationGup: ['slow', 'fast'],
} satisfies { readonly [Name in keyof Traits]?: readonly Traits[Name][] };
const ORDERS: readonly string[] = ['test-first', 'wrprotect-first'];
const TESTS: readonly ForkTest[] = ['wrprotect', 'has-pinned', 'ref', 'fence'];
const KNOWN: Readonly<Record<string, unknown>> = { ...NAIVE_TRAITS };

/** null when all is well, else what is wrong and the mend. */
export function oddTrait(traits: unknown): readonly [problem: string, mend: string] | null {
  if (typeof traits !== 'object' || traits === null || Array.isArray(traits))
    return ['`traits` is no object', "write `traits: { forkOrder: 'wrprotect-first' }`"];
  for (const [name, value] of Object.entries(traits)) {
    if (!Object.hasOwn(KNOWN, name)) return [`has a trait '${name}'`, `traits are ${Object.keys(KNOWN).join(', ')}`];
    // Left out on purpose.
    if (value === undefined) continue;
    const mend = name === 'forkOrder' ? oddOrder(value) : oddValue(name, value);
    if (mend !== null) return [`trait '${name}' cannot be ${JSON.stringify(value)}`, mend];
  }
  return null;
}

function oddValue(name: string, value: unknown): string | null {
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : null;
  if (words !== null) return words.includes(value as string) ? null : `use ${words.join(', ')}`;
  if (typeof value === typeof KNOWN[name]) return null;
  return typeof KNOWN[name] === 'boolean' ? 'use true or false' : `use a word, such as '${String(KNOWN[name])}'`;
}

function oddOrder(value: unknown): string | null {
  if (ORDERS.includes(value as string)) return null;
  if (!Array.isArray(value)) return `use ${ORDERS.join(', ')}, or a list of ${TESTS.join(', ')}`;
  return value.every((test) => TESTS.includes(test as ForkTest)) ? null : `use a list of ${TESTS.join(', ')}`;
}
