/**
 * The same program in a worker: the page's own script, handed over as text, for a file has no second one to load. What
 * takes longer than it may is ended and begun anew.
 */
import { expose, type Remote, wrap } from 'comlink';
import { raceWork } from './race-work.ts';
import { definePolicyHere, type PolicyCode, runWork } from './run-work.ts';

export const isWorker = typeof document === 'undefined';

const allWork = { ...raceWork, ...runWork };
export type Work = typeof allWork;

declare global {
  // A property of the window can be declared in no other way.
  var cowlabPolicy: ((code: PolicyCode) => void) | undefined;
}

/** In the worker. What follows in its script may be a policy. */
export function work(): void {
  globalThis.cowlabPolicy = definePolicyHere;
  expose(allWork);
}

interface Begun {
  readonly worker: Worker;
  readonly remote: Remote<Work>;
  /** Never resolves: it fails when the worker's script does. */
  readonly broken: Promise<never>;
}

let current: Begun | null = null;

/** `policy`: JavaScript that fills `exports`; the page's policy of contents allows no other way to run it, nor does it need one. */
function begin(policy = ''): Begun {
  const text = document.getElementById('cowlab-app')?.textContent ?? '';
  const code = policy === '' ? '' : `\n;globalThis.cowlabPolicy((exports, require) => {${policy}\n});`;
  const worker = new Worker(URL.createObjectURL(new Blob([text, code], { type: 'text/javascript' })));
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  });
  broken.catch(() => undefined);
  return { worker, remote: wrap<Work>(worker), broken };
}

export function endWork(): void {
  current?.worker.terminate();
  current = null;
}

/** @throws Error when it takes longer, or whatever the work threw */
export async function asked<T>(of: (remote: Remote<Work>) => Promise<T>, limitMs: number): Promise<T> {
  current ??= begin();
  return within(current, of, limitMs, endWork);
}

/** The same with a policy of somebody, in a worker of its own that ends with its answer. */
export async function askedWith<T>(
  policy: string,
  of: (remote: Remote<Work>) => Promise<T>,
  limitMs: number,
): Promise<T> {
  const begun = begin(policy);
  try {
    return await within(begun, of, limitMs, () => undefined);
  } finally {
    begun.worker.terminate();
  }
}

async function within<T>(
  { remote, broken }: Begun,
  of: (remote: Remote<Work>) => Promise<T>,
  limitMs: number,
  end: () => void,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      end();
      reject(new Error(`no answer within ${Math.round(limitMs / 1000)} s; the worker was ended`));
    }, limitMs);
  });
  try {
    return await Promise.race([of(remote), late, broken]);
  } finally {
    clearTimeout(timer);
  }
}
