/** A stack of overlays made into one policy: each question goes down the stack until somebody answers. */

import type { ForkHugeVerdict, ForkPageVerdict, ForkVmaVerdict, GupRequest, GupVerdict, Overlay, PolicyHooks,
  ReclaimVerdict, RegisterVerdict, Traits, WriteFaultHugeVerdict, WriteFaultVerdict } from './policy.ts';
import { NAIVE_TRAITS } from './policy.ts';
import { type LentMm, LentPage, type LentVma } from './lent.ts';

/** What the kernel paths ask: the same questions, always answered. They lend, hooks get the views of it. */
export interface Policy {
  /** Overlay ids, bottom first. */
  readonly ids: readonly string[];
  readonly traits: Traits;
  /** Words that the overlays remember in, all together. With any, pages are looked at one by one. */
  readonly memoryWords: number;
  /** Some overlay has something to say when a buffer is registered. */
  readonly asksOnRegister: boolean;
  /** False: no overlay wants to see this mm's pages at fork(), whole runs are shared unasked. */
  forkLooksAtPages(mm: LentMm): boolean;
  onForkVma(vma: LentVma): ForkVmaVerdict;
  onForkPage(page: LentPage): ForkPageVerdict;
  onForkHugePmd(page: LentPage): ForkHugeVerdict;
  onForkHugePud(page: LentPage): ForkHugeVerdict;
  onForkHugetlb(page: LentPage): ForkPageVerdict;
  onWriteFault(page: LentPage): WriteFaultVerdict;
  onWriteFaultHugePmd(page: LentPage): WriteFaultHugeVerdict;
  onWriteFaultHugetlb(page: LentPage): WriteFaultVerdict;
  onGup(page: LentPage, request: GupRequest): GupVerdict;
  onRegister(vma: LentVma): RegisterVerdict;
  onReclaim(page: LentPage): ReclaimVerdict;
}

/** A hook that threw or answered what nobody understands: the run stops and names the overlay. */
export class PolicyError extends Error {
  readonly code = 'policy-hook';
  constructor(readonly policy: string, readonly hook: string, readonly problem: string, options?: ErrorOptions) {
    super(`policy '${policy}': ${hook} ${problem}`, options);
    this.name = 'PolicyError';
  }
}

const VERDICTS = {
  onForkVma: ['copy', 'skip', 'wipe'],
  onForkPage: ['share', 'copy'],
  onForkHugePmd: ['share', 'split'],
  onForkHugePud: ['share', 'split'],
  onForkHugetlb: ['share', 'copy'],
  onWriteFault: ['copy', 'reuse'],
  onWriteFaultHugePmd: ['split', 'reuse', 'copy'],
  onWriteFaultHugetlb: ['copy', 'reuse'],
  onGup: ['take', 'unshare', 'break-cow'],
  onRegister: ['pin', 'dontfork'],
  onReclaim: ['unmap', 'keep'],
} as const satisfies Partial<Record<keyof PolicyHooks, readonly string[]>>;

type VerdictHook = keyof typeof VERDICTS;
export const HOOK_NAMES: readonly (keyof PolicyHooks)[] = ['forkLooksAtPages',
  ...(Object.keys(VERDICTS) as VerdictHook[])];

/** `overlays` bottom first. Answers nobody gives are those of naive copy-on-write. */
export function stackPolicies(overlays: readonly Overlay[]): Policy {
  const traits = overlays.reduce<Traits>((all, overlay) => ({ ...all, ...overlay.traits }), NAIVE_TRAITS);
  const lookers = overlays.filter(({ hooks }) =>
    hooks.onForkPage ?? hooks.onForkHugePmd ?? hooks.onForkHugePud ?? hooks.onForkHugetlb
  );
  return Object.freeze<Policy>({
    ids: Object.freeze(overlays.map(({ id }) => id)),
    traits: Object.freeze({ ...traits, forkOrder: Object.freeze(traits.forkOrder) }),
    memoryWords: overlays.reduce((sum, { memoryWords }) => sum + (memoryWords ?? 0), 0),
    asksOnRegister: overlays.some(({ hooks }) => hooks.onRegister !== undefined),
    forkLooksAtPages: (mm) => lookers.some((overlay) => looks(overlay, mm)),
    onForkVma: resolve(overlays, 'onForkVma', 'copy'),
    onForkPage: resolve(overlays, 'onForkPage', 'share'),
    onForkHugePmd: resolve(overlays, 'onForkHugePmd', 'share'),
    onForkHugePud: resolve(overlays, 'onForkHugePud', 'share'),
    onForkHugetlb: resolve(overlays, 'onForkHugetlb', 'share'),
    onWriteFault: resolve(overlays, 'onWriteFault', 'copy'),
    onWriteFaultHugePmd: resolve(overlays, 'onWriteFaultHugePmd', 'split'),
    onWriteFaultHugetlb: resolve(overlays, 'onWriteFaultHugetlb', 'copy'),
    onGup: resolve(overlays, 'onGup', 'take'),
    onRegister: resolve(overlays, 'onRegister', 'pin'),
    onReclaim: resolve(overlays, 'onReclaim', 'unmap'),
  });
}

function looks({ id, hooks }: Overlay, mm: LentMm): boolean {
  if (hooks.forkLooksAtPages === undefined) return true;
  try {
    return hooks.forkLooksAtPages(mm.view) ?? true;
  } catch (cause) {
    throw new PolicyError(id, 'forkLooksAtPages', `threw: ${messageOf(cause)}`, { cause });
  }
}

/** One function for one hook. Built once per stack, so the path that calls it sees a single target. */
function resolve<Lent extends LentPage | LentVma, Verdict extends string>(
  overlays: readonly Overlay[],
  hook: VerdictHook,
  bottom: Verdict,
): (lent: Lent, request?: GupRequest) => Verdict {
  type Ask = (view: Lent['view'], request?: GupRequest) => Verdict | undefined;
  let base = 0;
  const placed = overlays.map((overlay) => ({ overlay,
    base: (base += overlay.memoryWords ?? 0) - (overlay.memoryWords ?? 0) })
  );
  const chain = placed
    .filter(({ overlay }) => overlay.hooks[hook] !== undefined)
    .map(({ overlay: { id, hooks, memoryWords }, base: memoryBase }) => ({ id, memoryBase,
      memoryWords: memoryWords ?? 0, ask: hooks[hook] as unknown as Ask })
    )
    .reverse();
  const known: readonly string[] = VERDICTS[hook];
  if (chain.length === 0) return () => bottom;
  return (lent, request) => {
    for (let i = 0; i < chain.length; i++) {
      let verdict: Verdict | undefined;
      if (lent instanceof LentPage) {
        lent.memoryBase = chain[i].memoryBase;
        lent.memoryWords = chain[i].memoryWords;
      }
      // Called as a plain function: `this` would be the link of the chain.
      const { ask } = chain[i];
      try {
        verdict = ask(lent.view, request);
      } catch (cause) {
        throw new PolicyError(chain[i].id, hook, `threw: ${messageOf(cause)}`, { cause });
      }
      if (verdict === undefined) continue;
      if (!known.includes(verdict)) {
        throw new PolicyError(chain[i].id, hook,
          `answered ${JSON.stringify(verdict)}; it may answer ${known.join(', ')} or undefined`);
      }
      return verdict;
    }
    return bottom;
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
