/**
 * A schedule as a word of the command line: who moves, how often. `A4 B2 A!1`: actor A takes four steps, B two, then
 * the oldest store of A's buffer reaches memory. On ARMv8 `A.2` is one step of A in its way number 2. Everything else about a run is determined.
 */
import type { TrailStep } from './trail.ts';

export type ScheduleStep = Pick<TrailStep, 'actor' | 'kind' | 'way'>;

/** One line that names the character and says what to type instead. Nothing else leaves the parser. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';

  /** `position` counts from 1. */
  constructor(readonly position: number, wrong: string, readonly mend: string) {
    super(`schedule, character ${position}: ${wrong}; ${mend}`);
  }
}

/** Blanks between the runs are optional, and so is a count of 1. */
export function parseSchedule(text: string, nrActors = ACTORS_MAX): ScheduleStep[] {
  const steps: ScheduleStep[] = [];
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const actor = actorAt(text, at, nrActors);
    const way = /^\.(\d{1,4})/.exec(text.slice(at + 1, at + 6));
    if (way !== null) {
      steps.push({ actor, kind: 'step', way: Number(way[1]) });
      at += 1 + way[0].length;
      continue;
    }
    const flush = text[at + 1] === '!';
    const countAt = at + (flush ? 2 : 1);
    const [digits] = /^\d*/.exec(text.slice(countAt, countAt + DIGITS_MAX)) ?? [''];
    const count = digits === '' ? 1 : Number(digits);
    if (count === 0)
      throw new ScheduleError(countAt + 1, 'a count of 0', `leave "${text.slice(at, countAt + digits.length)}" out`);
    if (steps.length + count > SCHEDULE_STEPS_MAX) {
      throw new ScheduleError(countAt + 1, `more than ${SCHEDULE_STEPS_MAX} steps`,
        'shorten the schedule or mend this count');
    }
    const step: ScheduleStep = { actor, kind: flush ? 'flush' : 'step' };
    for (let nr = 0; nr < count; nr++) steps.push(step);
    at = countAt + digits.length;
  }
  return steps;
}

export function formatSchedule(steps: readonly ScheduleStep[]): string {
  const runs: string[] = [];
  for (let first = 0, next = 0; first < steps.length; first = next) {
    const { actor, kind, way = 0 } = steps[first];
    if (way > 0) {
      runs.push(`${actorLetter(actor)}.${way}`);
      next++;
      continue;
    }
    while (next < steps.length && steps[next].actor === actor && steps[next].kind === kind
      && (steps[next].way ?? 0) === 0) next++;
    runs.push(`${actorLetter(actor)}${kind === 'flush' ? '!' : ''}${next - first}`);
  }
  return runs.join(' ');
}

/** A for the first actor. */
export function actorLetter(actor: number): string {
  if (!Number.isInteger(actor) || actor < 0 || actor >= ACTORS_MAX) {
    throw new RangeError(`a schedule has letters for ${ACTORS_MAX} actors, not for actor ${actor}; use fewer actors`);
  }
  return String.fromCharCode(FIRST + actor);
}

const ACTORS_MAX = 26;
const SCHEDULE_STEPS_MAX = 100_000;
/** One more than the largest count has, so that a longer one is refused and not cut. */
const DIGITS_MAX = 7;
const FIRST = 'A'.charCodeAt(0);

function skipBlanks(text: string, at: number): number {
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
}

function actorAt(text: string, at: number, nrActors: number): number {
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const actor = sign.charCodeAt(0) - FIRST;
  if (sign.length === 1 && actor >= 0 && actor < nrActors) return actor;
  const last = actorLetter(Math.max(1, nrActors) - 1);
  const known = nrActors > 1 ? `the actors are A to ${last}` : 'the only actor is A';
  if (/[A-Z]/.test(sign)) throw new ScheduleError(at + 1, `no actor ${sign}`, known);
  if (/[a-z]/.test(sign))
    throw new ScheduleError(at + 1, `"${sign}" is no actor`, `write "${sign.toUpperCase()}"; ${known}`);
  if (/[0-9]/.test(sign)) throw new ScheduleError(at + 1, 'a count without an actor before it', `${known}, as in A4`);
  if (sign === '!') throw new ScheduleError(at + 1, '"!" without an actor before it', `${known}, as in A!1`);
  throw new ScheduleError(at + 1, `${shown(sign)} is no actor`, `${known}, as in A4 A!1`);
}

/** The message must stay one harmless line. */
function shown(sign: string): string {
  const harmless = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{M}]$/u.test(sign);
  return harmless ? `"${sign}"` : `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
