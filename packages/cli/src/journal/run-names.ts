/** Streams of the command line: what was asked, of which lane, and when. Names sort by the time the run began. */
import { createHash, randomBytes } from 'node:crypto';
import { basename } from 'node:path';

/** One for each run: `20261128T031500123-4f1c`. */
export function runName(at = new Date()): string {
  return `${at.toISOString().replace(/[-:.Z]/g, '')}-${randomBytes(2).toString('hex')}`;
}

/** Of what an answer depends on: a run that was cut is found again by it. */
export function questionHash(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 12);
}

/** A file's name without its folder and endings. */
export const experimentOf = (file: string): string => basename(file).replace(/(\.\w+)+$/, '') || 'experiment';
