/** The verdict as data: what --json prints. */
import { type Claim, worse } from '../hazards/claims.ts';
import { isHeldAt } from '../hazards/evidence.ts';
import { type Ledger, ledgersOf } from '../hazards/ledger.ts';
import { onlyExecs } from '../hazards/lint.ts';
import { hex, type Fork, type Hold } from '../story/entities.ts';
import type { Verdict } from '../verdict.ts';
import type { Word } from '../hazards/claims.ts';
import { forkCost } from '../costs/fork-cost.ts';

export interface VerdictDocument {
  readonly sentence: string;
  readonly verdict: Word;
  readonly notShown: readonly string[];
  readonly kernels: readonly { readonly kernel: string; readonly verdict: Word; readonly why: readonly string[] }[];
  readonly ranges: readonly object[];
  readonly forks: readonly object[];
  readonly hazards: readonly object[];
  readonly name: string;
  /** How many mappings each address space had over time. */
  readonly ledger: readonly Ledger[];
  readonly replay: object | null;
}

export function documentOf(verdict: Verdict): VerdictDocument {
  const { name, sentence, evidence, notShown, kernels, claims, lints } = verdict;
  const { story } = evidence;
  const wordsOf = (about: (one: Claim) => boolean): Record<string, Word> =>
    Object.fromEntries(kernels.map(({ kernel }) => [kernel, claims.filter((one) =>
      about(one)
      && (one.kernel === null || one.kernel === kernel)
    ).reduce<Word>((worst, { word }) => worse(worst, word), 'SAFE')]));
  // Nothing is safe over a doubt about the whole recording.
  const gate = (one: Claim): boolean => one.hold === null && one.fork === null && one.hazard === null;
  return {
    name,
    sentence,
    verdict: verdict.verdict,
    notShown,
    kernels: kernels.map((one) => ({ kernel: one.kernel, verdict: one.verdict,
      why: [...new Set(one.claims.filter(({ word }) => word === one.verdict).map(({ why }) => why))] })
    ),
    ranges: story.holds.map((hold) => ({ ...rangeOf(hold),
      verdicts: wordsOf((one) => one.hold === hold || gate(one)) })
    ),
    forks: story.forks.map((fork) => ({ ...forkOf(fork), held: story.holds.filter((hold) =>
      hold.mm === fork.parent
      && isHeldAt(hold, fork.line)
    ).map(({ id }) => id), cost: forkCost(fork, evidence, evidence.costs),
      verdicts: wordsOf((one) => one.fork === fork || gate(one)) })
    ),
    hazards: [...hazardsOf(claims), ...lints.map((lint) => ({ ...lint, verdict: null }))],
    ledger: ledgersOf(evidence),
    replay: verdict.replay,
  };
}

function rangeOf(hold: Hold): object {
  const { id, kind, pid, line, base, bytes, start, end, endLine, endBy } = hold;
  return { id, kind, pid, line, address: hex(base), bytes, pages: end - start, releasedAtLine: endLine,
    releasedBy: endBy };
}

function forkOf(fork: Fork): object {
  const { line, pid, child, syscall, failed, threads } = fork;
  return { line, parent: pid, child, syscall, failed, threads: threads.length, onlyExecs: onlyExecs(fork),
    childEndsAtLine: fork.mm?.endLine ?? null };
}

/** The same thing said of several kernels is one hazard. */
function hazardsOf(claims: readonly Claim[]): object[] {
  const found = new Map<string, { claim: Claim; kernels: string[] }>();
  for (const one of claims) {
    if (one.word === 'SAFE') continue;
    const key = `${one.word} ${one.hazard} ${one.why}`;
    const known = found.get(key) ?? { claim: one, kernels: [] };
    if (one.kernel !== null) known.kernels.push(one.kernel);
    found.set(key, known);
  }
  return [...found.values()].map((
    { claim: { word, hazard, why, lines, datum, command, remedy, hold, fork }, kernels },
  ) => ({ hazard, verdict: word, what: why, lines: [...new Set(lines)], kernels, range: hold?.id ?? null,
    fork: fork?.line ?? null, datum, command, remedy })
  );
}
