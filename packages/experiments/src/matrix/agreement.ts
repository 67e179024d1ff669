/**
 * Whether what a run found is what is documented: aspect by aspect, and only those of which the documented line
 * speaks.
 */
import type { Claims } from './document.ts';
import type { SituationOutcome } from './outcome.ts';

export interface MatrixDifference {
  readonly aspect: keyof SituationOutcome;
  readonly documented: string;
  readonly found: string;
}

export function differences(outcome: SituationOutcome, claims: Claims): MatrixDifference[] {
  const differ: MatrixDifference[] = [];
  const ask = (aspect: keyof SituationOutcome, holds: boolean, documented: string, found: string): void => {
    if (!holds) differ.push({ aspect, documented, found });
  };
  const { holds, leak, copied, split, forkFailed, child } = outcome;
  if (claims.holds !== null) ask('holds', holds === claims.holds, claims.holds, holds ?? 'nothing is held');
  ask('leak', leak === claims.leak, claims.leak ? 'leak' : 'no leak', leak ? 'leak' : 'no leak');
  if (claims.copied !== null)
    ask('copied', isCopied(copied, claims.copied), `${claims.copied} copied`, `${copied} copied`);
  if (claims.split !== null)
    ask('split', split === claims.split, claims.split ? 'split' : 'no split', split ? 'split' : 'no split');
  if (claims.fork !== null)
    ask('forkFailed', (forkFailed === null) === (claims.fork === 'ok'), `fork() ${claims.fork}`,
      `fork() ${forkFailed ?? 'ok'}`);
  if (claims.child !== null)
    ask('child', child.join() === claims.child, claims.child, child.join(' ') || 'nothing of the kind');
  return differ;
}

function isCopied(copied: number, claim: 'none' | 'some' | number): boolean {
  return claim === 'none' ? copied === 0 : claim === 'some' ? copied > 0 : copied === claim;
}
