/** H2 and H8: processes that died by memory that fork() left out or could not give. */
import { type Claim, claim } from './claims.ts';
import { type Evidence, isHeldAt } from './evidence.ts';
import { type Fault, type Hold, type Hole, hex, PAGE, pageOf } from '../story/entities.ts';

export function judgeFaults(evidence: Evidence): Claim[] {
  return evidence.story.faults.flatMap((fault) => judgeFault(evidence, fault));
}

function judgeFault(evidence: Evidence, fault: Fault): Claim[] {
  const { mm, addr, line, pid, signal } = fault;
  if (mm === null) return [];
  if (signal === 'SIGBUS') {
    const huge = addr !== null && mm.vmas.at(pageOf(addr))?.hugetlb === true;
    return huge
      ? [
        claim({ word: 'UNSAFE', hazard: 'H8', lines: [line], weight: 95,
          why: `pid ${pid} died by SIGBUS at ${hex(addr)}, line ${line}: the pool had no huge page left for its copy`,
          remedy: 'a larger pool (nr_hugepages), or MADV_DONTFORK over the huge pages' }),
      ]
      : [];
  }
  if (addr === null) {
    return mm.holes.length === 0
      ? []
      : [
        claim({ word: 'DEPENDS', hazard: 'H2', lines: [line, mm.holes[0].line], weight: 70,
          why:
            `child ${pid} died by SIGSEGV at line ${line}, at an address that is not printed, and MADV_DONTFORK at line ${
              mm.holes[0].line
            } left it holes`, datum: 'the address (si_addr)', command: 'record without -e signal=none' }),
      ];
  }
  const hole = mm.holes.find(({ start, end }) => start <= pageOf(addr) && pageOf(addr) < end);
  if (hole !== undefined) return [diedInHole(evidence, fault, hole, addr)];
  const known = mm.vmas.at(pageOf(addr));
  if (mm.parent !== null && known !== undefined && /MAPERR|^0x1$/.test(fault.code)) {
    return [
      claim({ word: 'DEPENDS', hazard: 'H2', lines: [line, mm.bornLine], weight: 92,
        why: `child ${pid} died by SIGSEGV at ${
          hex(addr)
        }, line ${line}, which is mapped as far as the recording shows: a MADV_DONTFORK that it does not show may have left a hole`,
        datum: 'VmFlags dc of the parent', command: 'cat /proc/PID/smaps of the parent, and record all calls' }),
    ];
  }
  if (mm.unknownPast && /MAPERR/.test(fault.code)) {
    return [
      claim({ word: 'DEPENDS', hazard: 'H2', lines: [line], weight: 91,
        why: `pid ${pid} died by SIGSEGV at ${
          hex(addr)
        }, line ${line}; whether a MADV_DONTFORK from before the recording left a hole there is not known`,
        datum: 'VmFlags dc of the parent', command: 'cat /proc/PID/smaps of the parent' }),
    ];
  }
  return [];
}

function diedInHole(evidence: Evidence, { pid, line }: Fault, hole: Hole, addr: number): Claim {
  const held = evidence.story.holds.filter((hold) =>
    hold.mm === hole.parent && isHeldAt(hold, hole.forkLine)
    && hold.start <= pageOf(addr) && pageOf(addr) < hold.end
  );
  const own = held.find(({ base, bytes }) => base <= addr && addr < base + bytes);
  const [any] = held;
  const failed = hole.failed ? ' though it failed' : '';
  const base = { word: 'UNSAFE', hazard: 'H2', lines: [hole.line, hole.forkLine, line], weight: 100,
    hold: own ?? any ?? null } as const;
  if (own === undefined && any !== undefined) {
    const foreign = foreignBytes(pageOf(addr), held);
    return claim({ ...base,
      why: `${foreign.toLocaleString('en')} bytes that are not the buffer's share the page at ${
        hex(pageOf(addr) * PAGE)
      }, which MADV_DONTFORK at line ${hole.line} keeps from the child; child ${pid} touched them (${
        hex(addr)
      }) at line ${line} and died by SIGSEGV`,
      remedy:
        'give the buffer pages of its own (posix_memalign and a whole number of pages), or drop MADV_DONTFORK on kernels since 5.9' });
  }
  return claim({ ...base,
    why: `child ${pid} died by touching the hole at ${
      hex(addr)
    }, line ${line}, that MADV_DONTFORK at line ${hole.line} left${failed}`,
    remedy: 'do not touch the buffer in the child; or drop MADV_DONTFORK on kernels since 5.9, or use MAP_SHARED' });
}

/** Bytes of a page that belong to none of these buffers. */
export function foreignBytes(page: number, holds: readonly Pick<Hold, 'base' | 'bytes'>[]): number {
  const edges = holds.map(({ base, bytes }) => [Math.max(base, page * PAGE), Math.min(base + bytes, (page + 1) * PAGE)])
    .filter(([start, end]) => start < end).sort((a, b) => a[0] - b[0]);
  let covered = 0;
  let from = page * PAGE;
  for (const [start, end] of edges) {
    covered += Math.max(0, end - Math.max(start, from));
    from = Math.max(from, end);
  }
  return PAGE - covered;
}
