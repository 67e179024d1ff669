/** What changes no verdict and is worth a sentence: spawning by fork(), torn snapshots, shared pages, unpaired advice. */
import type { Lint } from './claims.ts';
import { type Evidence, isHeldAt } from './evidence.ts';
import { foreignBytes } from './judge-faults.ts';
import type { KernelFacts } from './kernel-facts.ts';
import { type Fork, hex, PAGE, type Story } from '../story/entities.ts';
import { count } from '@cowlab/prose';

/** The kernel's default. @kernel include/linux/mm.h DEFAULT_MAX_MAP_COUNT */
export const MAP_COUNT_MAX = 65530;

export function lints(evidence: Evidence, facts: readonly KernelFacts[]): Lint[] {
  const { story } = evidence;
  return [...story.forks.flatMap((fork) => [...torn(evidence, fork, facts), ...spawns(fork)]), ...foreign(evidence),
    ...ledger(story)];
}

/** A fork() whose child did nothing but execve(). */
export function onlyExecs({ mm, failed }: Fork): boolean {
  return failed === null && mm?.end === 'execve';
}

function spawns(fork: Fork): Lint[] {
  if (!onlyExecs(fork)) return [];
  const { line, bytes, mappings, child } = fork;
  return [{ hazard: 'H7', lines: [line, fork.mm?.endLine ?? line], kernels: [],
    what:
      `the fork() at line ${line} only execs (child ${child}): posix_spawn() would copy nothing; it copied the page tables of ${
        count(mappings, 'mapping')
      }, of up to ${(bytes / 1024).toLocaleString('en')} KiB`, remedy: 'posix_spawn(), or vfork() and execve()' }];
}

/** The early copy is not atomic: threads that store while it goes on tear the child's snapshot. */
function torn({ story }: Evidence, fork: Fork, facts: readonly KernelFacts[]): Lint[] {
  if (fork.threads.length === 0 || fork.failed !== null) return [];
  const held = story.holds.filter((hold) =>
    hold.mm === fork.parent && isHeldAt(hold, fork.line)
    && (story.under.get(`${fork.id} ${hold.id}`) ?? []).some(({ value }) =>
      !value.shared && value.advice?.kind !== 'dontfork'
    )
  );
  const kernels = facts.filter(({ pinned }) => pinned.parentFirst).map(({ kernel }) => kernel);
  if (held.length === 0 || kernels.length === 0) return [];
  return [{ hazard: 'H5', lines: [held[0].line, fork.line], kernels,
    what: `H5 possible: ${count(fork.threads.length, 'other thread')} (${
      fork.threads.slice(0, 3).join(', ')
    }) may have stored while the fork() at line ${fork.line} copied registered pages, and the child would see a state that the parent never had${
      onlyExecs(fork) ? '; it only execs: posix_spawn() would copy nothing' : ''
    }`, remedy: onlyExecs(fork)
      ? 'posix_spawn()'
      : 'stop other threads over fork(), or keep the child from reading these pages' }];
}

/** Whole pages are left out of the child, with whatever else lies on them. */
function foreign({ story, name }: Evidence): Lint[] {
  return story.forks.flatMap((fork) => {
    const held = story.holds.filter((hold) => hold.mm === fork.parent && isHeldAt(hold, fork.line));
    return held.flatMap((hold) => {
      const edges = [...new Set([hold.start, hold.end - 1])].map((page) => ({ page,
        bytes: foreignBytes(page, held.filter((other) => other.start <= page && page < other.end)),
        hole: (story.under.get(`${fork.id} ${hold.id}`) ?? []).some(({ start, end, value }) =>
          start <= page && page < end && value.advice?.kind === 'dontfork'
        ) })
      );
      return edges.filter(({ bytes, hole }) => bytes > 0 && hole).map(({ page, bytes }): Lint => ({ hazard: 'H2',
        lines: [hold.line, fork.line], kernels: [],
        what: `${bytes.toLocaleString('en')} bytes that are not ${name(hold)} share the page at ${
          hex(page * PAGE)
        }, which MADV_DONTFORK keeps from child ${fork.child ?? '?'}`, remedy: 'give the buffer pages of its own' })
      );
    });
  });
}

function ledger(story: Story): Lint[] {
  const lints: Lint[] = [];
  for (const { line, errno, mappings } of story.refused) {
    lints.push({ hazard: 'H3', lines: [line], kernels: [],
      what: `madvise() at line ${line} failed with ${errno} and no gap in its range: with about ${mappings} `
        + 'mappings this is the limit of mappings (vm.max_map_count), not of memory; the pages are not '
        + 'protected', remedy: 'undo each MADV_DONTFORK by MADV_DOFORK, or protect larger ranges' });
  }
  for (const mm of story.mms) {
    const left = mm.vmas.all.filter(({ value }) => value.advice?.kind === 'dontfork');
    const made = story.protections.filter((one) => one.mm === mm && one.kind === 'dontfork').length;
    const [first, last] = [story.protections.find((one) => one.mm === mm), story.protections.findLast((one) =>
      one.mm === mm
    )];
    if (made < 16 || left.length < made / 2 || first === undefined || last === undefined) continue;
    lints.push({ hazard: 'H3', lines: [first.line, last.line], kernels: [],
      what:
        `${made} MADV_DONTFORK and ${left.length} ranges never given back: mappings rose to ${mm.peak.nr} (line ${mm.peak.line}); at this rate the limit of ${MAP_COUNT_MAX} is ${
          Math.max(0, Math.floor((MAP_COUNT_MAX - mm.peak.nr) / Math.max(1, mm.peak.nr / made)))
        } calls away`,
      remedy: 'MADV_DOFORK after each unregistration, counted per page; or drop the advice on kernels since 5.9' });
  }
  return lints;
}
