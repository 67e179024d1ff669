/** The test runner that specs run in. No runner is imported: each has a way of its own to be there. */

export interface Runner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, run: () => void, patienceMs?: number) => unknown;
}

/** The one that put its words into the global scope. */
export function runnerAround(): Runner {
  const { describe, it } = globalThis as Partial<Runner>;
  if (describe === undefined || it === undefined)
    throw new Error(
      'policyContract: no test runner is around; hand in its words: policyContract(policy, {}, { describe, it })',
    );
  return { describe, it };
}
