/** The programs of a run: number K of seed S is the same one wherever and with whatever others it is run. */
import { type MachineSettings, type Program, settingLines } from '@cowlab/scenario';
import { FURTHER_KINDS, type FurtherKinds, furtherOf } from './further-steps.ts';
import { randomProgram } from './random-programs.ts';

/**
 * `golden`: as the recordings have them. `wide`: also mlock, mremap, MADV_FREE, other kinds of files, small hugetlb
 * pools. `swap`: as wide, and memory is swapped out and touched again. The others: as wide, and above all the steps of
 * one subject.
 */
export type FuzzKinds = 'golden' | 'wide' | 'swap' | FurtherKinds;
export const FUZZ_KINDS: readonly FuzzKinds[] = ['golden', 'wide', 'swap', ...FURTHER_KINDS];

export function fuzzProgram(seed: number, number: number, kinds: FuzzKinds, settings: MachineSettings = {}): Program {
  const folios = settingLines(settings).length > 0;
  const program = randomProgram({ seed: mixed(seed, number), wide: kinds !== 'golden', swap: kinds === 'swap',
    further: furtherOf(kinds), folios });
  return { ...program, id: String(number), ...(folios && { settings }) };
}

/** Neighbouring seeds must not share programs: the two numbers are stirred into one. */
function mixed(seed: number, number: number): number {
  let word = Math.imul(seed ^ 0x3c6ef372, 0x2c1b3c6d) ^ Math.imul(number + 1, 0x297a2d39);
  word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  word = Math.imul(word ^ (word >>> 12), 0x297a2d39);
  return (word ^ (word >>> 15)) >>> 0;
}
