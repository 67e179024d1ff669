/** A stack of overlays made into one policy: each question goes down the stack until somebody answers. */

import type { ForkHugeVerdict, ForkPageVerdict, ForkVmaVerdict, GupRequest, GupVerdict, Overlay, PolicyHooks,
  ReclaimVerdict, RegisterVerdict, Traits, WriteFaultHugeVerdict, WriteFaultVerdict } from './policy.ts';
import { NAIVE_TRAITS } from './policy.ts';
import { type MmView, PageView, type VmaView } from './views.ts';

/** What the kernel paths ask: the same questions, always answered. */
export interface Policy {
  /** Overlay ids, bottom first. */
  readonly ids: readonly string[];
  readonly traits: Traits;
  /** Words that the overlays remember in, all together. With any, pages are looked at one by one. */
  readonly memoryWords: number;
  /** Some overlay has something to say when a buffer is registered. */
  readonly asksOnRegister: boolean;
  /** False: no overlay wants to see this mm's pages at fork(), whole runs are shared unasked. */
  forkLooksAtPages(mm: MmView): boolean;
  /** Asked of a page that nobody wanted to see: an overlay that would copy it after all has not told the truth. */
  checkUnseen(page: PageView): void;
  onForkVma(vma: VmaView): ForkVmaVerdict;
  onForkPage(page: PageView): ForkPageVerdict;
  onForkHugePmd(page: PageView): ForkHugeVerdict;
  onForkHugePud(page: PageView): ForkHugeVerdict;
  onForkHugetlb(page: PageView): ForkPageVerdict;
  onWriteFault(page: PageView): WriteFaultVerdict;
  onWriteFaultHugePmd(page: PageView): WriteFaultHugeVerdict;
  onWriteFaultHugetlb(page: PageView): WriteFaultVerdict;
  onGup(page: PageView, request: GupRequest): GupVerdict;
  onRegister(vma: VmaView): RegisterVerdict;
  onReclaim(page: PageView): ReclaimVerdict;
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
  return {
    ids: overlays.map(({ id }) => id),
    traits,
    memoryWords: overlays.reduce((sum, { memoryWords }) => sum + (memoryWords ?? 0), 0),
    asksOnRegister: overlays.some(({ hooks }) => hooks.onRegister !== undefined),
    forkLooksAtPages: (mm) => lookers.some((overlay) => looks(overlay, mm)),
    checkUnseen: unseenCheck(lookers),
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
  };
}

function unseenCheck(lookers: readonly Overlay[]): (page: PageView) => void {
  // One that remembers would remember the question too.
  const asked = lookers.filter(({ hooks, memoryWords = 0 }) =>
    hooks.forkLooksAtPages !== undefined && hooks.onForkPage !== undefined && memoryWords === 0
  ).map((overlay) => ({ id: overlay.id, ask: resolve<PageView, ForkPageVerdict>([overlay], 'onForkPage', 'share') }));
  return (page) => {
    for (const { id, ask } of asked) {
      if (ask(page) === 'copy')
        throw new PolicyError(id, 'forkLooksAtPages',
          "answered false, but onForkPage would answer 'copy'; let it answer true for such an mm");
    }
  };
}

function looks({ id, hooks }: Overlay, mm: MmView): boolean {
  if (hooks.forkLooksAtPages === undefined) return true;
  try {
    return hooks.forkLooksAtPages(mm) ?? true;
  } catch (cause) {
    throw new PolicyError(id, 'forkLooksAtPages', `threw: ${messageOf(cause)}`, { cause });
  }
}

/** One function for one hook. Built once per stack, so the path that calls it sees a single target. */
function resolve<View, Verdict extends string>(
  overlays: readonly Overlay[],
  hook: VerdictHook,
  bottom: Verdict,
): (view: View, request?: GupRequest) => Verdict {
  type Ask = (view: View, request?: GupRequest) => Verdict | undefined;
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
  return (view, request) => {
    for (let i = 0; i < chain.length; i++) {
      let verdict: Verdict | undefined;
      if (view instanceof PageView) {
        view.memoryBase = chain[i].memoryBase;
        view.memoryWords = chain[i].memoryWords;
      }
      try {
        verdict = chain[i].ask(view, request);
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
