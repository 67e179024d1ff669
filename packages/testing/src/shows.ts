/**
 * Does a value show what was expected of it? Of objects only what is named is asked, of lists every element. It speaks
 * for itself, so that the lab needs no particular test runner.
 */

/** What some test runners hand out for "any number", "a list with ..." and the like. */
interface Matcher {
  readonly asymmetricMatch: (actual: unknown) => boolean;
}

/** The first place where they differ, in words; null where the value shows all of it. */
export function differenceOf(actual: unknown, expected: unknown, place = 'it'): string | null {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? null : said(place, actual, expected);
  if (!isObject(actual) || !isObject(expected))
    return Object.is(actual, expected) ? null : said(place, actual, expected);
  if (Array.isArray(actual) !== Array.isArray(expected)) return said(place, actual, expected);
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length)
    return said(place, actual, expected);
  for (const [key, value] of Object.entries(expected)) {
    const before = place === 'it' ? '' : place;
    const inside = Array.isArray(expected) ? `${before}[${key}]` : before === '' ? key : `${before}.${key}`;
    const difference = differenceOf((actual as Readonly<Record<string, unknown>>)[key], value, inside);
    if (difference !== null) return difference;
  }
  return null;
}

/** @throws Error that names the place */
export function mustShow(what: string, actual: unknown, expected: unknown): void {
  const difference = differenceOf(actual, expected);
  if (difference !== null) throw new Error(`${what}: ${difference}`);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isMatcher = (value: unknown): value is Matcher =>
  isObject(value) && typeof (value as Partial<Matcher>).asymmetricMatch === 'function';

const said = (place: string, actual: unknown, expected: unknown): string =>
  `${place} is ${text(actual)}, not ${text(expected)}`;
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
