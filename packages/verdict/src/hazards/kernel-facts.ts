/**
 * What a kernel does to a page that is held while its owner forks. Nobody wrote these answers down: the model of that
 * kernel is asked, in worlds of one page.
 */
import { compose, type Lane } from '@cowlab/composition';
import { type Command, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB,
  MAP_PRIVATE, PROT_READ, PROT_WRITE, X86_64 } from '@cowlab/core';

/** What becomes of the holder's page when the parent stores to it, after … */
export interface PageFacts {
  /** … nothing: fork() gave the child a copy at once. */
  readonly parentFirst: boolean;
  /** … the child stored. */
  readonly childFirst: boolean;
  /** … the child was gone. */
  readonly childGone: boolean;
}

export interface KernelFacts {
  readonly kernel: string;
  /** Pages that a driver holds long-term for writing, as io_uring does. */
  readonly pinned: PageFacts;
  /** The same, 2 MiB of the hugetlb pool each. */
  readonly huge: PageFacts;
  /** The child's early copy of a huge page may be written, though its mapping is read-only. */
  readonly hugeCopyWritable: boolean;
  /** Pages that are only referred to, as by vmsplice(). */
  readonly referred: PageFacts;
}

const LONGTERM = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE;

/** A lane answers the same every time. */
const ANSWERED = new WeakMap<Lane, KernelFacts>();

export function factsOf(lane: Lane): KernelFacts {
  const known = ANSWERED.get(lane) ?? asked(lane);
  ANSWERED.set(lane, known);
  return known;
}

function asked(lane: Lane): KernelFacts {
  return { kernel: lane.name, pinned: pageFacts(lane, LONGTERM, false), huge: pageFacts(lane, LONGTERM, true),
    hugeCopyWritable: hugeCopyWritable(lane), referred: pageFacts(lane, FOLL_GET, false) };
}

function hugeCopyWritable(lane: Lane): boolean {
  const [lab] = compose([lane], { geometry: X86_64 });
  const program: Command[] = [{ type: 'SetPool', hugetlb: 4 }, { type: 'Spawn', task: PARENT }, mapping(true),
    store(PARENT), pinning(LONGTERM), { type: 'Mprotect', task: PARENT, addr: ADDRESS, length: HUGE, prot: PROT_READ },
    { type: 'Fork', task: PARENT, child: CHILD }];
  for (const command of program) lab.execute(command);
  const child = lab.world.mmOf(CHILD);
  return child >= 0 && lab.world.page(child, VPN).writable;
}

function pageFacts(lane: Lane, flags: number, huge: boolean): PageFacts {
  const after = (...between: readonly Command[]): boolean => keeps(lane, flags, huge, between);
  return { parentFirst: after(), childFirst: after(store(CHILD)), childGone: after({ type: 'Exit', task: CHILD }) };
}

const [PARENT, CHILD] = [0, 1];
const ADDRESS = 2 ** 30;
const VPN = ADDRESS / 4096;
const HUGE = 2 ** 21;
const store = (task: number): Command => ({ type: 'Store', task, vpn: VPN, nr: 1, value: 7 });

const mapping = (huge: boolean): Command => ({ type: 'Mmap', task: PARENT, addr: ADDRESS, length: huge ? HUGE : 4096,
  prot: PROT_READ | PROT_WRITE, flags: MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0) });
const pinning = (flags: number): Command => ({ type: 'Pin', task: PARENT, pin: 1, vpn: VPN, nr: 1, flags, device: 0 });

/** fork() over a held page, something between, and a store of the parent: does the holder keep the parent's page? */
function keeps(lane: Lane, flags: number, huge: boolean, between: readonly Command[]): boolean {
  const [lab] = compose([lane], { geometry: X86_64 });
  const program: Command[] = [
    ...(huge ? [{ type: 'SetPool', hugetlb: 4 } as const] : []),
    { type: 'Spawn', task: PARENT },
    mapping(huge),
    store(PARENT),
    pinning(flags),
    { type: 'Fork', task: PARENT, child: CHILD },
    ...between,
    store(PARENT),
  ];
  for (const command of program) lab.execute(command);
  const { pages: [page] } = lab.world.pin(1);
  return page !== undefined && page.pfn === page.ownerPfn;
}
