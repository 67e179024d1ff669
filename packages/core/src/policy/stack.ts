/** A stack of overlays made into one policy: each question goes down the stack until somebody answers. */

import { type ForkHugeVerdict, type ForkPageVerdict, type ForkVmaVerdict, type GupRequest, type GupVerdict,
  type Overlay, type ReclaimVerdict, type RegisterVerdict, type Verdict, type VerdictHook, VERDICTS,
  type WriteFaultHugeVerdict, type WriteFaultVerdict } from './policy.ts';
import { NAIVE_TRAITS, type Traits } from './traits.ts';
import { placeOf } from './thrown-at.ts';
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
  /** Asked of a page that nobody wanted to see: an overlay that would copy it after all has not told the truth. */
  checkUnseen(page: LentPage): void;
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
  /** Of an answer that is no verdict: what was said, and what might have been. */
  readonly answered: { readonly word: unknown; readonly verdicts: readonly string[] } | null = null;

  constructor(
    readonly policy: string,
    readonly hook: string,
    readonly problem: string,
    options: ErrorOptions & { readonly answered?: PolicyError['answered'] } = {},
  ) {
    super(`policy '${policy}': ${hook} ${problem}`, options);
    this.name = 'PolicyError';
    this.answered = options.answered ?? null;
  }
}

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
    checkUnseen: unseenCheck(lookers),
    onForkVma: resolve(overlays, 'onForkVma'),
    onForkPage: resolve(overlays, 'onForkPage'),
    onForkHugePmd: resolve(overlays, 'onForkHugePmd'),
    onForkHugePud: resolve(overlays, 'onForkHugePud'),
    onForkHugetlb: resolve(overlays, 'onForkHugetlb'),
    onWriteFault: resolve(overlays, 'onWriteFault'),
    onWriteFaultHugePmd: resolve(overlays, 'onWriteFaultHugePmd'),
    onWriteFaultHugetlb: resolve(overlays, 'onWriteFaultHugetlb'),
    onGup: resolve(overlays, 'onGup'),
    onRegister: resolve(overlays, 'onRegister'),
    onReclaim: resolve(overlays, 'onReclaim'),
  });
}

function unseenCheck(lookers: readonly Overlay[]): (page: LentPage) => void {
  // One that remembers would remember the question too.
  const asked = lookers.filter(({ hooks, memoryWords = 0 }) =>
    hooks.forkLooksAtPages !== undefined && hooks.onForkPage !== undefined && memoryWords === 0
  ).map((overlay) => ({ id: overlay.id, ask: resolve([overlay], 'onForkPage') }));
  return (page) => {
    for (const { id, ask } of asked) {
      if (ask(page) === 'copy')
        throw new PolicyError(id, 'forkLooksAtPages',
          "answered false, but onForkPage would answer 'copy'; let it answer true for such an mm");
    }
  };
}

function looks({ id, hooks }: Overlay, mm: LentMm): boolean {
  if (hooks.forkLooksAtPages === undefined) return true;
  try {
    return hooks.forkLooksAtPages(mm.view) ?? true;
  } catch (cause) {
    throw thrown(id, 'forkLooksAtPages', cause);
  }
}

/** One function for one hook. Built once per stack, so the path that calls it sees a single target. */
function resolve<Hook extends VerdictHook, Lent extends LentPage | LentVma>(
  overlays: readonly Overlay[],
  hook: Hook,
): (lent: Lent, request?: GupRequest) => Verdict<Hook> {
  type Ask = (view: Lent['view'], request?: GupRequest) => Verdict<Hook> | undefined;
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
  const bottom = VERDICTS[hook][0] as Verdict<Hook>;
  if (chain.length === 0) return () => bottom;
  return (lent, request) => {
    for (let i = 0; i < chain.length; i++) {
      let verdict: Verdict<Hook> | undefined;
      if (lent instanceof LentPage) {
        lent.memoryBase = chain[i].memoryBase;
        lent.memoryWords = chain[i].memoryWords;
      }
      // Called as a plain function: `this` would be the link of the chain.
      const { ask } = chain[i];
      try {
        verdict = ask(lent.view, request);
      } catch (cause) {
        throw thrown(chain[i].id, hook, cause);
      }
      if (verdict === undefined) continue;
      if (!known.includes(verdict)) {
        throw new PolicyError(chain[i].id, hook,
          `answered ${JSON.stringify(verdict)}; it may answer ${known.join(', ')} or undefined`, {
          answered: { word: verdict, verdicts: known },
        });
      }
      return verdict;
    }
    return bottom;
  };
}

function thrown(policy: string, hook: string, cause: unknown): PolicyError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const place = placeOf(cause);
  return new PolicyError(policy, hook, `threw: ${message}${place === null ? '' : ` (${place})`}`, { cause });
}
