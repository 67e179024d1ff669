/** What an answer depends on where lanes are policies of somebody's own: their text, which may change between runs. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isPath, parseLanes } from '@cowlab/composition';
import type { Io } from '../terminal/io.ts';

/** @param lanes as written, joined by commas */
export function laneQuestion(lanes: string, { cwd, asked }: Io): unknown {
  const files = [...parseLanes(lanes).flatMap(({ parts }) => parts.map(({ name }) => name)), ...(asked?.plugins ?? []),
    ...(asked?.config === undefined ? [] : [asked.config])].filter(isPath);
  return { lanes, files: files.map((file) => [file, textOf(resolve(cwd, file))]) };
}

/** What cannot be read is complained of by whoever loads it. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
