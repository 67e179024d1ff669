// Mutants that change nothing that anybody can see, one by one, each with the reason: equivalent.json. They are told by
// their file, the line as it was and as it would be; a line that changes loses its excuse.
import { readFileSync } from 'node:fs';

/** Of a mutant the reason why nobody can see it, or null. */
export function equivalents() {
  const listed = JSON.parse(readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'));
  const keyOf = ({ file, was, is }) => `${file}\0${was}\0${is}`;
  const reasons = new Map(listed.map((one) => [keyOf(one), one.why]));
  return (mutant) => reasons.get(keyOf(mutant)) ?? null;
}
