/**
 * The same program in a worker: the page's own script, handed over as text, for a file has no second one to load. What
 * takes longer than it may is ended and begun anew.
 */
import { expose, type Remote, wrap } from 'comlink';
import { raceWork, type RaceWork } from './race-work.ts';

export const isWorker = typeof document === 'undefined';

/** In the worker. */
export function work(): void {
  expose(raceWork);
}

let current: { readonly worker: Worker; readonly remote: Remote<RaceWork> } | null = null;

function begun(): Remote<RaceWork> {
  if (current !== null) return current.remote;
  const text = document.getElementById('cowlab-app')?.textContent ?? '';
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(url);
  current = { worker, remote: wrap<RaceWork>(worker) };
  return current.remote;
}

export function endWork(): void {
  current?.worker.terminate();
  current = null;
}

/** @throws Error when it takes longer, or whatever the work threw */
export async function asked<T>(of: (remote: Remote<RaceWork>) => Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      endWork();
      reject(new Error(`no answer within ${Math.round(limitMs / 1000)} s; the worker was ended`));
    }, limitMs);
  });
  try {
    return await Promise.race([of(begun()), late]);
  } finally {
    clearTimeout(timer);
  }
}
