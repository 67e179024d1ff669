/** H1 for each range that is held while its owner forks: does the holder keep the page that the owner sees? */
import { type Claim, claim } from './claims.ts';
import type { KernelFacts, PageFacts } from './kernel-facts.ts';
import type { Evidence } from './evidence.ts';
import { childEnd, isHeldAt } from './evidence.ts';
import { type Fork, hex, type Hold, PAGE, type Store, type Vma } from '../story/entities.ts';
import type { Interval } from '../story/intervals.ts';
import { count, ranges } from '@cowlab/prose';

type Piece = Interval<Vma>;

export function judgeHold(evidence: Evidence, hold: Hold, fork: Fork, facts: KernelFacts): Claim[] {
  const pieces = evidence.story.under.get(`${fork.id} ${hold.id}`) ?? [];
  if (pieces.length === 0 && hold.unmappedLine !== null) {
    return [
      claim({ word: 'SAFE', hazard: 'H1', kernel: facts.kernel, hold, fork, weight: 12,
        lines: [hold.unmappedLine, fork.line],
        why: `${
          evidence.name(hold)
        } was unmapped at line ${hold.unmappedLine}, before the fork() at line ${fork.line}: what the device holds, nobody maps` }),
    ];
  }
  return pieces.flatMap((piece) => judgePiece(evidence, hold, fork, facts, piece));
}

function judgePiece(evidence: Evidence, hold: Hold, fork: Fork, facts: KernelFacts, piece: Piece): Claim[] {
  const { shared, hugetlb, advice } = piece.value;
  const base = { hazard: 'H1', kernel: facts.kernel, hold, fork, lines: [hold.line, fork.line] } as const;
  const where = evidence.name(hold, piece);
  if (shared)
    return [claim({ ...base, word: 'SAFE', weight: 10, why: `${where} is a shared mapping: everybody sees one page` })];
  const page = hold.kind === 'vmsplice' ? facts.referred : hugetlb ? facts.huge : facts.pinned;
  if (advice?.kind === 'dontfork' || advice?.kind === 'wipeonfork') {
    const name = advice.kind === 'dontfork' ? 'MADV_DONTFORK' : 'MADV_WIPEONFORK';
    const needed = !page.parentFirst;
    return [
      claim({ ...base, word: needed ? 'SAFE' : 'UNNEEDED', weight: needed ? 20 : 30, lines: [advice.line, fork.line],
        why: needed
          ? `${name} at line ${advice.line} keeps ${where} out of the fork() at line ${fork.line}`
          : `${name} at line ${advice.line} protects ${where}, which fork() copies for the child anyway; it only costs a ${
            advice.kind === 'dontfork' ? 'hole in the child' : 'wiped range'
          } and mappings`, remedy: needed ? null : 'drop the advice where only such kernels are in use' }),
    ];
  }
  if (hugetlb && hold.kind === 'io_uring') return judgeHuge(evidence, hold, fork, facts, piece);
  if (page.parentFirst) {
    const pages = count(piece.end - piece.start, 'registered page');
    return [claim({ ...base, word: 'SAFE', weight: 20, why: fork.failed === null
      ? `the fork() at line ${fork.line} copies the ${pages} of ${where} for the child at once (early `
        + "copy), and the device keeps the parent's"
      : `the fork() at line ${fork.line} failed, and what it copied of ${where} (early copy) never was the parent's` })];
  }
  return judgeStores(evidence, hold, fork, facts, piece, page);
}

/** A copy of a huge page comes from the pool, whose size the recording does not show. */
function judgeHuge(evidence: Evidence, hold: Hold, fork: Fork, facts: KernelFacts, piece: Piece): Claim[] {
  const huge = Math.max(1, Math.round((piece.end - piece.start) / 512));
  const where = evidence.name(hold, piece);
  const pages = huge === 1 ? 'one huge page' : `${huge} huge pages`;
  const base = { kernel: facts.kernel, hold, fork, lines: [hold.line, fork.line] } as const;
  if (facts.huge.parentFirst && evidence.asRecorded(facts.kernel) && fork.child !== null) {
    return [
      claim({ ...base, hazard: 'H8', word: 'SAFE', weight: 25,
        why: `${pages} of ${where} ${
          huge === 1 ? 'was' : 'were'
        } copied at the fork() of line ${fork.line}: it succeeded, so the pool had at least ${
          huge === 1 ? 'one' : huge
        } left` }),
    ];
  }
  if (facts.huge.parentFirst && fork.failed === 'ENOMEM' && evidence.asRecorded(facts.kernel)) {
    return [
      claim({ ...base, hazard: 'H8', word: 'UNSAFE', weight: 94,
        why: `the fork() at line ${fork.line} failed with ENOMEM: ${where} needs ${huge} of the pool's huge `
          + 'pages for its copy, and it had fewer left',
        remedy: 'a larger pool (nr_hugepages), or MADV_DONTFORK over the huge pages' }),
    ];
  }
  const needs = `${huge} free in the pool`;
  const pool = { datum: `free huge pages in the pool at line ${fork.line}`,
    command: 'grep HugePages_ /proc/meminfo just before the fork()' };
  const why = facts.huge.parentFirst
    ? `fork() at line ${fork.line} needs ${needs} for the copy of ${where}, else it fails with ENOMEM; the pool is not in the recording`
    : `fork() at line ${fork.line} shares ${pages} of ${where}: the device loses it if the parent stores `
      + `first, which also takes ${needs}, else SIGBUS`;
  return [
    claim({ ...base, ...pool, hazard: 'H8', word: 'DEPENDS', weight: 65, why,
      remedy: 'MADV_DONTFORK over the whole huge pages' }),
  ];
}

/** The page is shared by fork() and write-protected: who stores first decides. */
function judgeStores(
  evidence: Evidence,
  hold: Hold,
  fork: Fork,
  facts: KernelFacts,
  piece: Piece,
  page: PageFacts,
): Claim[] {
  const gone = page.childGone ? childEnd(fork, evidence) : Infinity;
  const until = Math.min(hold.endLine ?? Infinity, gone);
  const byParent = storesIn(evidence, hold.mm, piece, fork.line, until);
  const base = { hazard: hold.kind === 'vmsplice' ? 'H4' : 'H1', kernel: facts.kernel, hold, fork } as const;
  const claims: Claim[] = [];
  let open: readonly Piece[] = [piece];
  for (const store of byParent) {
    const byChild = fork.mm === null || !page.childFirst
      ? []
      : storesIn(evidence, fork.mm, store, fork.line, store.line);
    const hit = clip(open, store).filter((one) =>
      !byChild.some((other) => other.start <= one.start && one.end <= other.end)
    );
    if (hit.length === 0) continue;
    open = without(open, store);
    claims.push(
      claim({ ...base, hazard: 'H1', word: 'UNSAFE', weight: 80, lines: [hold.line, fork.line, Math.floor(store.line)],
        why: `${store.by} ${placeOf(store)} breaks COW in ${
          pagesOf(hit, hold, evidence)
        }, which the fork() at line ${fork.line} shared: the parent moves to a copy, and ${
          hold.kind === 'vmsplice' ? 'the pipe' : 'the device'
        } keeps the old page`,
        remedy: `MADV_DONTFORK over ${
          pageRange(piece)
        } before line ${fork.line} (its child then has a hole there), or posix_spawn() if the child only execs` }),
    );
  }
  if (open.length === 0) return claims;
  if (evidence.statedAll && fork.failed === null) {
    return [...claims,
      claim({ ...base, word: 'SAFE', weight: 15, lines: [fork.line],
        why: `no store of the parent to ${pagesOf(open, hold, evidence)} is stated, and all are said to be` })];
  }
  return [...claims, open_(evidence, hold, fork, facts, open)];
}

function open_(evidence: Evidence, hold: Hold, fork: Fork, facts: KernelFacts, open: readonly Piece[]): Claim {
  const base = { hazard: hold.kind === 'vmsplice' ? 'H4' : 'H1', kernel: facts.kernel, hold, fork,
    word: 'DEPENDS' } as const;
  const which = pagesOf(open, hold, evidence);
  const until = hold.endLine === null ? 'the end' : `line ${hold.endLine}`;
  const stores = `stores of pid ${hold.pid}${
    fork.child === null ? '' : ` and of pid ${fork.child}`
  } to ${which} from line ${fork.line} to ${until}`;
  const say =
    `state them in NAME.accesses, or record on ${facts.kernel} with perf record -k CLOCK_REALTIME -e page-faults -c 1 -d`;
  const remedy = `MADV_DONTFORK over ${
    open.map(pageRange).join(' and ')
  } before line ${fork.line}, or a kernel that copies at fork() (5.9 and later)`;
  const taken = open.find(({ value: { advice } }) => advice?.kind === 'dofork')?.value.advice;
  if (taken !== undefined && taken !== null) {
    return claim({ ...base, weight: 66, lines: [taken.line, fork.line], datum: stores, command: say,
      remedy: 'count protections per page, and say MADV_DOFORK only with the last one',
      why: `DOFORK at line ${taken.line} took buffer ${hold.id}'s protection of page ${
        open.filter(({ value }) => value.advice === taken).map((one) => hex(one.start)).join(', ')
      } away while it is still registered; the device loses it if the parent stores first` });
  }
  if (fork.failed !== null) {
    return claim({ ...base, weight: 60, lines: [fork.line], datum: stores, command: say, remedy,
      why: `the fork() of line ${fork.line} failed with ${fork.failed} after it may have copied the address `
        + `space, and its write-protection of ${which} may stay (RLIMIT_NPROC fails earlier and leaves no `
        + 'trace); it depends on stores' });
  }
  if (hold.kind === 'io_uring' && !evidence.recorded.closes) {
    return claim({ ...base, weight: 50, lines: [hold.line, fork.line], remedy,
      datum: `whether the ring of line ${hold.line} was closed before line ${fork.line}; then ${stores}`,
      command: `add close to the recorded set; ${say}`,
      why: `this recording does not show when rings are closed (add close to the set), nor stores: ${which} ${
        which.includes(',') || open.length > 1 ? 'lose' : 'loses'
      } the device if the parent stores first after the fork() at line ${fork.line}` });
  }
  return claim({ ...base, weight: 40, lines: [hold.line, fork.line], datum: stores, command: say, remedy,
    why: hold.kind === 'vmsplice'
      ? `${which} went into a pipe by reference and the fork() at line ${fork.line} shared it: after a `
        + 'store of the parent the pipe and the parent see different pages'
      : `the fork() at line ${fork.line} shares ${which}: the device loses what the parent stores to `
        + 'first, and stores are not in the recording' });
}

/** What no call did stands between two lines. */
const placeOf = ({ line }: Store): string =>
  Number.isInteger(line) ? `at line ${line}` : `after line ${Math.floor(line)}`;

function storesIn(
  { stores }: Evidence,
  mm: Hold['mm'],
  { start, end }: Pick<Piece, 'start' | 'end'>,
  from: number,
  until: number,
): Store[] {
  return stores.filter((store) =>
    store.mm === mm && store.line > from && store.line < until && store.start < end
    && start < store.end
  );
}

function clip(pieces: readonly Piece[], { start, end }: Pick<Piece, 'start' | 'end'>): Piece[] {
  return pieces.filter((one) => one.start < end && start < one.end)
    .map((one) => ({ ...one, start: Math.max(one.start, start), end: Math.min(one.end, end) }));
}

function without(pieces: readonly Piece[], { start, end }: Pick<Piece, 'start' | 'end'>): Piece[] {
  return pieces.flatMap((
    one,
  ) => [{ ...one, end: Math.min(one.end, start) }, { ...one, start: Math.max(one.start, end) }])
    .filter((one) => one.start < one.end);
}

const pageRange = ({ start, end }: Pick<Piece, 'start' | 'end'>): string =>
  `[${hex(start * PAGE)}, ${hex(end * PAGE)})`;

function pagesOf(pieces: readonly Piece[], hold: Hold, evidence: Evidence): string {
  const pages = pieces.flatMap(({ start, end }) =>
    Array.from({ length: Math.min(end - start, 4096) }, (_, i) => start + i - hold.start)
  );
  const all = pages.length === hold.end - hold.start;
  const which = all && pages.length > 1
    ? `all ${pages.length} pages`
    : `page${pages.length === 1 ? '' : 's'} ${ranges(pages)}`;
  return `${which} of ${evidence.name(hold)}`;
}

/** Ranges that something took from under the holder, on every kernel. */
export function judgeTaken({ story, ...evidence }: Evidence): Claim[] {
  return story.taken.filter(({ hold, line }) => isHeldAt(hold, line)).map(({ line, hold, start, end, by, sure }) =>
    claim({ word: sure ? 'UNSAFE' : 'DEPENDS', hazard: 'H1', hold, lines: [hold.line, line], weight: 90, why: sure
      ? `${by} at line ${line} took ${count(end - start, 'page')} from under the device that ${
        evidence.name(hold)
      } is registered with: it goes on with pages that the program no longer sees`
      : `${by} at line ${line} may take ${count(end - start, 'page')} of ${evidence.name(hold)} from under the device`,
      datum: sure ? null : 'whether the program still means the old buffer',
      command: sure ? null : 'add io_uring_enter to the set',
      remedy: 'unregister the buffer first, or register it again afterwards' })
  );
}
