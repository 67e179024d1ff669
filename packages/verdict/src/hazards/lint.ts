/** What changes no verdict and is worth a sentence: spawning by fork(), torn snapshots, shared pages, unpaired advice. */
import type { Lint } from './claims.ts';
import { type Evidence, isHeldAt } from './evidence.ts';
import { foreignBytes } from './judge-faults.ts';
import type { KernelFacts } from './kernel-facts.ts';
import { ledgerLints } from './ledger.ts';
import { forkCost } from '../costs/fork-cost.ts';
import { type Fork, hex, PAGE } from '../story/entities.ts';
import { count } from '@cowlab/prose';

export function lints(evidence: Evidence, facts: readonly KernelFacts[]): Lint[] {
  const { story } = evidence;
  return [
    ...story.forks.flatMap((
      fork,
    ) => [...torn(evidence, fork, facts), ...spawns(fork), ...doubled(evidence, fork, facts),
      ...permissive(evidence, fork, facts)]
    ),
    ...foreign(evidence),
    ...ledgerLints(evidence),
  ];
}

/** A fork() whose child did nothing but execve(). */
export function onlyExecs({ mm, failed }: Fork): boolean {
  return failed === null && mm?.end === 'execve';
}

function spawns(fork: Fork): Lint[] {
  if (!onlyExecs(fork)) return [];
  const { line, bytes, mappings, child, tables } = fork;
  return [{ hazard: 'H7', lines: [line, fork.mm?.endLine ?? line], kernels: [],
    what: `the fork() at line ${line} only execs (child ${child}): posix_spawn() would copy nothing; it copied up to ${
      count(tables, 'page table')
    }, of ${count(mappings, 'mapping')} and ${(bytes / 1024).toLocaleString('en')} KiB`,
    remedy: 'posix_spawn(), or vfork() and execve()' }];
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

/** Fewer early copies are not worth a word. */
const DOUBLED_PAGES_MIN = 256;

/** The early copy takes as much memory again as is held, and many times as long as sharing does. */
function doubled(evidence: Evidence, fork: Fork, facts: readonly KernelFacts[]): Lint[] {
  const kernels = facts.filter(({ pinned }) => pinned.parentFirst).map(({ kernel }) => kernel);
  const { earlyCopies, timesSharing } = forkCost(fork, evidence, evidence.costs);
  if (earlyCopies < DOUBLED_PAGES_MIN || fork.failed !== null || kernels.length === 0) return [];
  return [{ hazard: 'H6', lines: [fork.line], kernels,
    what: `the fork() at line ${fork.line} copies ${count(earlyCopies, 'held page')} at once: ${
      (earlyCopies * PAGE / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })
    } MiB more memory, and ${timesSharing.join(' to ')} times the time of sharing them`,
    remedy: onlyExecs(fork) ? 'posix_spawn()' : 'MADV_DONTFORK over what the child does not need, or posix_spawn()' }];
}

/** @kernel mm/hugetlb.c copy_hugetlb_page_range(): the copy did not ask its mapping whether it may be written */
function permissive({ story, name }: Evidence, fork: Fork, facts: readonly KernelFacts[]): Lint[] {
  const kernels = facts.filter(({ hugeCopyWritable }) => hugeCopyWritable).map(({ kernel }) => kernel);
  if (kernels.length === 0 || fork.failed !== null) return [];
  return story.holds.filter((hold) =>
    hold.kind === 'io_uring' && hold.mm === fork.parent && isHeldAt(hold, fork.line)
    && (story.under.get(`${fork.id} ${hold.id}`) ?? []).some(({ value }) =>
      value.hugetlb && !value.shared && !value.writable && value.advice?.kind !== 'dontfork'
    )
  ).map((hold): Lint => ({ hazard: 'H9', lines: [hold.line, fork.line], kernels,
    what: `${name(hold)} lies in huge pages that were made read-only before the fork() at line ${fork.line}: child ${
      fork.child ?? '?'
    } gets copies that it may write although its mapping forbids it`,
    remedy: 'MADV_DONTFORK over it, or a kernel whose copy asks the mapping (6.14 and later)' })
  );
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
