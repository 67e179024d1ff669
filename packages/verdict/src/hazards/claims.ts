/** One thing that is said of one range, fork() and kernel, with what proves it. */
import type { Fork, Hold } from '../story/entities.ts';

export type Word = 'SAFE' | 'UNNEEDED' | 'DEPENDS' | 'UNSAFE';
export const WORDS: readonly Word[] = ['SAFE', 'UNNEEDED', 'DEPENDS', 'UNSAFE'];
export const worse = (a: Word, b: Word): Word => (WORDS.indexOf(a) >= WORDS.indexOf(b) ? a : b);

/** What `cowlab verdict` exits with; a refusal is 2. */
export const exitOf = (word: Word): 0 | 1 => (word === 'SAFE' || word === 'UNNEEDED' ? 0 : 1);

export type HazardId = 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6' | 'H7' | 'H8' | 'H9';

export interface Claim {
  readonly word: Word;
  readonly hazard: HazardId | null;
  /** Null if it holds on every kernel. */
  readonly kernel: string | null;
  readonly hold: Hold | null;
  readonly fork: Fork | null;
  /** A clause that stands behind "DEPENDS on linux-5.9-rc5: ". */
  readonly why: string;
  readonly lines: readonly number[];
  /** What one would have to know, and what collects it. */
  readonly datum: string | null;
  readonly command: string | null;
  readonly remedy: string | null;
  /** Of several claims with the worst word, the heaviest makes the sentence. */
  readonly weight: number;
}

export function claim(fields: Partial<Claim> & Pick<Claim, 'word' | 'why' | 'weight'>): Claim {
  return { hazard: null, kernel: null, hold: null, fork: null, lines: [], datum: null, command: null, remedy: null,
    ...fields };
}

/** Hazards that change no verdict: worth knowing, and what to do. */
export interface Lint {
  readonly hazard: HazardId | null;
  readonly what: string;
  readonly lines: readonly number[];
  readonly remedy: string | null;
  readonly kernels: readonly string[];
}

export interface KernelVerdict {
  readonly kernel: string;
  readonly verdict: Word;
  /** What is said of this kernel, the worst first. */
  readonly claims: readonly Claim[];
}
