/**
 * Who is being asked right now. Code of others may never answer, and a thread that waits for it cannot tell; another
 * one can, if each question is marked where both see it.
 */
import type { PolicyBody, PolicyPlugin } from '@cowlab/plugin-api';

export interface HookWatch {
  /** A number for a question, such as onForkPage of a policy. */
  question(policy: string, hook: string): number;
  asked(question: number): void;
  answered(): void;
}

let watch: HookWatch | null = null;

/** From here on, policies of others are watched; those that are loaded already are not. */
export function watchHooks(by: HookWatch | null): void {
  watch = by;
}

/** `work` is code of `policy`. */
export async function watchedWhile<T>(policy: string, what: string, work: () => Promise<T>): Promise<T> {
  const by = watch;
  if (by === null) return work();
  by.asked(by.question(policy, what));
  try {
    return await work();
  } finally {
    by.answered();
  }
}

/** The same policy, its questions marked. */
export function watchedPlugin(plugin: PolicyPlugin): PolicyPlugin {
  const by = watch;
  if (by === null) return plugin;
  const create = marked(plugin.create, plugin.id, 'create', by);
  return { ...plugin, create: (options) => {
    const body: unknown = create(options);
    // What is no plain object is somebody else's to complain of.
    if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype)
      return body as PolicyBody;
    return Object.fromEntries(
      Object.entries(body).map((
        [name, value]: [string, unknown],
      ) => [name, typeof value === 'function' ? marked(value as Hook, plugin.id, name, by) : value]),
    ) as PolicyBody;
  } };
}

type Hook = (...args: never[]) => unknown;

function marked<F extends Hook>(hook: F, policy: string, name: string, by: HookWatch): F {
  const question = by.question(policy, name);
  return ((...args: never[]) => {
    by.asked(question);
    try {
      return hook(...args);
    } finally {
      by.answered();
    }
  }) as F;
}
