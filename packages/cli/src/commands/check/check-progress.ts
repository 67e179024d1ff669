/** How a search goes on: states, their rate, depth and what waits to be looked at. */
import type { Progress } from '@cowlab/checker';
import { type Io, progress } from '../../terminal/io.ts';

export function progressText(what: string, say: (text: string) => void): (progress: Progress) => void {
  const began = performance.now();
  return ({ states, depth, queue }) => {
    const seconds = Math.max(performance.now() - began, 1) / 1000;
    const figures = `${large(states)} states, ${large(states / seconds)}/s, depth ${depth}, queue ${large(queue)}`;
    // The line is cut at its end, so the name gives way.
    say(`${figures}: ${what}`);
  };
}

/** `1.2M`, `340k`, `57`. */
export function large(nr: number): string {
  if (nr >= 999_500) return `${(nr / 1e6).toFixed(1)}M`;
  return nr >= 10_000 ? `${Math.round(nr / 1000)}k` : `${Math.round(nr)}`;
}

/** Work that says how it goes on for whoever watches. */
export function watched<T>(io: Io, what: string, work: (onProgress: (progress: Progress) => void) => T): T {
  const watch = progress(io);
  try {
    return work(progressText(what, watch.say));
  } finally {
    watch.done();
  }
}
