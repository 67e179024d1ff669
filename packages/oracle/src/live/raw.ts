/**
 * What the agent says, in the words of the recordings: it tells page frames by their numbers, recordings by classes.
 */
import type { Observation, PageEntry } from '../compare/observation.ts';

const ZERO = 0;
const HUGE_ZERO = -1;

/** A frame keeps its class for as long as every observation shows it. */
export function classified(raw: readonly Observation[]): Observation[] {
  let before = new Map<number, number>();
  let last = 0;
  return raw.map((observation) => {
    const shown = new Map<number, number>();
    const entryOf = (entry: PageEntry): PageEntry => {
      if (entry === 0) return 0;
      const [pfn, value, mapcount, letters] = entry;
      if (letters.includes('Z')) return [letters.includes('T') ? HUGE_ZERO : ZERO, value, mapcount, letters];
      const known = shown.get(pfn) ?? before.get(pfn) ?? ++last;
      shown.set(pfn, known);
      return [known, value, mapcount, letters];
    };
    const o = mapValues(observation.o, (regions) => mapValues(regions, (entries) => entries.map(entryOf)));
    before = shown;
    return { ...observation, o };
  });
}

/**
 * What is left of observations for who does not see page frames: presence, values, and what devices and pipes hold. The
 * agent says null for what it cannot see.
 */
export function sighted(
  observations: readonly Observation[],
  { presence }: { readonly presence: boolean },
): Observation[] {
  const entryOf = (
    entry: PageEntry | null,
  ): PageEntry => (!presence || entry === 0 || entry === null ? 0 : [0, entry[1], 0, '']);
  return observations.map((observation) => ({ ...observation,
    o: mapValues(observation.o, (regions) => mapValues(regions, (entries) => entries.map(entryOf))) })
  );
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
