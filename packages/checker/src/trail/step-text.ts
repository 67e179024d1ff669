/** One atomic step in words: what it is called, what it read ('ref[3] = 1'), what it changed ('pte[0]: W -> R'). */
import type { TrailStep, WordAccess } from './trail.ts';

export function stepName({ kind, step }: TrailStep): string {
  return kind === 'flush' && !/^flush\b/i.test(step) ? `flush ${step}` : step;
}

export function readText({ word, value }: WordAccess): string {
  return `${word} = ${value}`;
}

export function writeText({ word, value, old }: WordAccess): string {
  return old === undefined ? `${word} := ${value}` : `${word}: ${old} -> ${value}`;
}

/** The reads that tell more than the writes do: an atomic add says in "old -> new" what it read. */
export function plainReads({ reads, writes }: TrailStep): readonly WordAccess[] {
  return reads.filter(({ word, value }) => !writes.some((write) => write.word === word && write.old === value));
}

export function accessTexts(step: TrailStep): string[] {
  return [...plainReads(step).map(readText), ...step.writes.map(writeText)];
}
