/** What the tests of a family have in common: of each thread, what it does first and last. */

const FAMILIES: { readonly [name: string]: string } = { MP: 'WW RR', LB: 'RW RW', SB: 'WR WR', R: 'WW WR', S: 'WW RW',
  '2+2W': 'WW WW', WRC: 'W RW RR', RWC: 'W RR WR', WWC: 'W RW RW', 'WRR+2W': 'W RR WW', 'WRW+WR': 'W RW WR',
  'WRW+2W': 'W RW WW', 'W+RWC': 'WW RR WR', ISA2: 'WW RW RR', IRIW: 'W RR W RR', IRRWIW: 'W RR W RW',
  IRWIW: 'W RW W RW', 'Z6.0': 'WW RW WR', 'Z6.1': 'WW WW RW', 'Z6.2': 'WW RW RW', 'Z6.3': 'WW WW RR',
  'Z6.4': 'WW WR WR', 'Z6.5': 'WW WW WR' };
/** Of one word, to which each thread keeps coming back. */
const COHERENCE: { readonly [name: string]: string } = { CoRR: 'W RR', CoWW: 'WW', CoRW: 'RW W', CoRW1: 'RW',
  CoRW2: 'W RW', CoWR: 'WR W', CoWR0: 'WR' };
const MANY: { readonly [name: string]: string } = { SB: 'WR', LB: 'RW', '2W': 'WW' };
const THREADS_MAX = 8;

export interface Family {
  readonly threads: readonly string[];
  readonly words: readonly string[];
}

/** The family that a name begins with, and what is left of it. */
export function familyOf(name: string): Family | null {
  const parts = name.split('+');
  for (const length of [2, 1]) {
    const family = parts.slice(0, length).join('+');
    if (Object.hasOwn(FAMILIES, family))
      return { threads: FAMILIES[family].split(' '), words: parts.slice(length) };
  }
  if (Object.hasOwn(COHERENCE, parts[0])) {
    const threads = COHERENCE[parts[0]].split(' ');
    return { threads, words: parts.length > 1 ? parts.slice(1) : ['pos'] };
  }
  const many = /^(\d)\.(SB|LB|2W)$/.exec(parts[0]);
  if (many !== null) {
    return { threads: Array.from({ length: Math.min(Number(many[1]), THREADS_MAX) }, () => MANY[many[2]]),
      words: parts.slice(1) };
  }
  const threads = parts.slice(0, parts.findIndex((part) => !/^[RW]{1,2}$/.test(part)) >>> 0);
  return threads.length === 0 ? null : { threads, words: parts.slice(threads.length) };
}
