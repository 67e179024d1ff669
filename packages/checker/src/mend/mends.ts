/**
 * Which barriers would mend a race: full ones put in where the kernel has none, and those put back that the race took
 * away. All sets of them, smallest first, are searched as the race itself is; a set that has a mend in it is none.
 */
import { check } from '../check.ts';
import type { CheckedLane, CheckOptions, CheckResult } from '../check-result.ts';
import { standsAt, type Strengthening, STRENGTHENINGS } from '../memory/strengthenings.ts';
import type { Weakening } from '../memory/orders.ts';
import { ask } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import { exhaust } from '../search/exhaust.ts';

/** What one set changes. */
export interface Mend {
  readonly strengthen: readonly Strengthening[];
  /** Of what the race weakens: taken back. */
  readonly restore: readonly Weakening[];
}

export interface Mends {
  /** Of the race as it stands. */
  readonly verdict: CheckResult['verdict'];
  /**
   * `bounded`: a search was cut short, so a mend that is not here may exist; those that are here mend it.
   * `needless`: it is safe. `none`: not even all of them together.
   */
  readonly answer: 'needless' | 'mended' | 'none' | 'bounded';
  /** The least sets: none has another in it, and whatever is left out of one leaves the race broken. */
  readonly sets: readonly Mend[];
  /** Sets of which a search said neither. */
  readonly undecided: readonly Mend[];
  /** What was there to choose from: where the race comes by none of the steps, a barrier is not tried. */
  readonly tried: Mend;
  readonly searches: number;
  readonly states: number;
}

export type MendOptions = Pick<
  CheckOptions,
  'memory' | 'maxStates' | 'maxSeconds' | 'maxBytes' | 'helpers' | 'reduce' | 'onProgress'
> & {
  /** All, unless it is said. */
  readonly among?: readonly Strengthening[];
};

/** A barrier of one kind or the other. */
type Piece = { readonly put: Strengthening } | { readonly back: Weakening };

/** @throws RangeError, PolicyError as `check` */
export function mendRace(race: Race, lane: CheckedLane, options: MendOptions): Mends {
  const { maxSeconds, among = Object.keys(STRENGTHENINGS) as Strengthening[] } = options;
  const until = maxSeconds === undefined ? Infinity : Date.now() + maxSeconds * 1000;
  let [searches, states] = [0, 0];
  const verdictWith = (pieces: readonly Piece[]): CheckResult['verdict'] => {
    const seconds = (until - Date.now()) / 1000;
    if (seconds <= 0) return 'bounded';
    const result = check(withPieces(race, pieces), lane, { ...options, explorer: 'bfs', shortest: false,
      ...(until !== Infinity && { maxSeconds: seconds }) });
    searches++;
    states += result.states;
    return result.verdict;
  };
  const end = (
    verdict: CheckResult['verdict'],
    answer: Mends['answer'],
    all: readonly Piece[],
    sets: readonly Pieces[],
    undecided: readonly Pieces[],
  ): Mends => ({ verdict, answer, sets: sets.map(mendOf), undecided: undecided.map(mendOf), tried: mendOf(all),
    searches, states });
  const verdict = verdictWith([]);
  if (verdict === 'safe') return end(verdict, 'needless', [], [], []);
  // Nothing that was found says what there is to mend.
  if (verdict === 'bounded') return end(verdict, 'bounded', [], [], []);
  const all = piecesOf(race, lane, options.memory, among);
  // Where each store is seen by all at once there is nothing for a barrier to order.
  const whole = options.memory === 'sc' || all.length === 0 ? verdict : verdictWith(all);
  // A barrier only forbids: what all of them leave broken, some of them do.
  if (whole === 'broken') return end(verdict, 'none', all, [], []);
  const { sets, undecided } = leastOf(all, verdictWith);
  return end(verdict, undecided.length > 0 ? 'bounded' : 'mended', all, sets, undecided);
}

type Pieces = readonly Piece[];

/**
 * All sets that are safe and have none in them that is; and those that nothing could be said of. `verdictOf` is not
 * asked of a set that has a mend in it.
 */
export function leastOf<T>(
  all: readonly T[],
  verdictOf: (set: readonly T[]) => CheckResult['verdict'],
): { readonly sets: readonly (readonly T[])[]; readonly undecided: readonly (readonly T[])[] } {
  const sets: (readonly T[])[] = [];
  const undecided: (readonly T[])[] = [];
  for (let size = 1; size <= all.length; size++) {
    for (const set of subsets(all, size)) {
      if (sets.some((mend) => mend.every((piece) => set.includes(piece)))) continue;
      const verdict = verdictOf(set);
      if (verdict === 'safe') sets.push(set);
      if (verdict === 'bounded') undecided.push(set);
    }
  }
  return { sets, undecided };
}

/** Barriers whose step some actor comes by, as far as one order of memory teaches that. */
function piecesOf(
  race: Race,
  { policy }: CheckedLane,
  memory: MendOptions['memory'],
  among: readonly Strengthening[],
): Pieces {
  const { automaton } = ask(race, policy);
  exhaust(automaton, { memory: 'sc', order: 'bfs', limits: { maxStates: TAUGHT_MAX, maxDepth: Infinity } });
  const steps = new Set(automaton.leaves.map(({ name }) => name));
  const has = race.strengthened ?? [];
  return [
    ...among.filter((name) => !has.includes(name) && [...steps].some((step) => standsAt(name, step)))
      .map((put) => ({ put })),
    // Weakened write-protection is a plain store under both weaker models, a lock that orders nothing too.
    ...(memory === 'sc' ? [] : race.weakened.map((back) => ({ back }))),
  ];
}

const TAUGHT_MAX = 20_000;

function withPieces(race: Race, pieces: Pieces): Race {
  const { strengthen, restore } = mendOf(pieces);
  return { ...race, strengthened: [...(race.strengthened ?? []), ...strengthen],
    weakened: race.weakened.filter((name) => !restore.includes(name)) };
}

const mendOf = (pieces: Pieces): Mend => ({ strengthen: pieces.flatMap((piece) => ('put' in piece ? [piece.put] : [])),
  restore: pieces.flatMap((piece) => ('back' in piece ? [piece.back] : [])) });

function* subsets<T>(of: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  else
    for (let at = 0; at + size <= of.length; at++)
      for (const rest of subsets(of.slice(at + 1), size - 1)) yield [of[at], ...rest];
}
