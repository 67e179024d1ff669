/**
 * How lanes are written, and where a slip in them is:
 *
 *     LANES = LANE {"," LANE}
 *     LANE  = [LABEL "="] PART {"+" PART}
 *     PART  = NAME {":" KEY "=" VALUE}
 *
 * NAME is a profile, a policy id, a path or a package. A comma always begins a new lane and every option has a colon
 * of its own, so neither needs quoting:
 * `linux-5.9,early-cow:series=v2:pretendAllPinned=true,ibv=linux-5.7+madv-dontfork:pins=true`.
 */
import { CompositionError } from './composition-error.ts';

export interface LanePart {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  /** Where the name begins in the whole text, from 1. */
  readonly column: number;
}

export interface LaneSyntax {
  readonly label: string | null;
  /** As written, without the label. */
  readonly text: string;
  readonly parts: readonly LanePart[];
  readonly column: number;
}

export const LANE_SHAPE = 'write it as NAME[+NAME...][:KEY=VALUE...], lanes joined by commas';

/** @throws CompositionError with the column of what cannot be read */
export function parseLanes(text: string): LaneSyntax[] {
  let column = 1;
  return text.split(',').map((piece) => {
    const lane = parseLane(piece, column, text);
    column += piece.length + 1;
    return lane;
  });
}

export function laneError(text: string, column: number, problem: string, mend = LANE_SHAPE): CompositionError {
  return new CompositionError(`lanes ${quoted(text)}, column ${column}`, problem, mend);
}

const LABEL = /^([A-Za-z0-9][\w.-]*)=/;

function parseLane(piece: string, start: number, whole: string): LaneSyntax {
  const blanks = piece.length - piece.trimStart().length;
  const said = piece.trim();
  if (said === '') throw laneError(whole, start, 'a lane is empty');
  const [before = '', label = null] = LABEL.exec(said) ?? [];
  const text = said.slice(before.length);
  let column = start + blanks + before.length;
  const parts = text.split('+').map((part) => {
    const parsed = parsePart(part, column, whole);
    column += part.length + 1;
    return parsed;
  });
  return { label, text, parts, column: start + blanks };
}

function parsePart(part: string, start: number, whole: string): LanePart {
  const [name, ...pairs] = part.split(':');
  if (name === '') throw laneError(whole, start, 'a policy has no name');
  // Without a prototype: `__proto__` is a name like any other, and no option of any policy.
  const options = Object.create(null) as Record<string, string>;
  let column = start + name.length + 1;
  for (const pair of pairs) {
    const [, key, value] = /^([A-Za-z_]\w*)=(.+)$/.exec(pair) ?? [];
    if (key === undefined)
      throw laneError(whole, column, `option ${quoted(pair)} of ${name} is not KEY=VALUE`, 'write it as :KEY=VALUE');
    if (Object.hasOwn(options, key))
      throw laneError(whole, column, `option ${key} of ${name} is given twice`, 'keep one');
    options[key] = value;
    column += pair.length + 1;
  }
  return { name, options, column: start };
}

function quoted(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 57)}...` : text}'`;
}

/** A file rather than a name. */
export function isPath(text: string): boolean {
  return /^\.{1,2}\/|^\//.test(text) || /\.(ts|mts|js|mjs)$/.test(text);
}
