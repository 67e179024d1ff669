/**
 * Hazards as they happen. Only what an entry's facts have touched is looked at again, so a fork() of a million pages
 * costs no more here than its pins and its runs.
 */

import type { Command, Event, LogEntry } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import { ForkHoles } from './fork-holes.ts';
import { IsolationWatch, type Leak } from './isolation.ts';
import { type LedgerChange, PinLedger } from './pin-ledger.ts';
import type { ReadModel } from './read-model.ts';
import { isHugetlb, isWritableVma, VmaLookup } from './vma-lookup.ts';

/**
 * Stable ids: H1 a device and its owner look at different pages, H2 the child has a hole, H4 a process sees another's
 * store, …
 */
export type FindingHazard = 'H1' | 'H2' | 'H4' | 'H7' | 'H8' | 'H9';

export interface Finding {
  readonly hazard: FindingHazard;
  /** Of the command it happened in. */
  readonly position: number;
  readonly text: string;
  readonly pin?: number;
  /** Page number; the first, where there are several. */
  readonly page?: number;
  readonly task?: number;
}

type Details = Omit<Finding, 'hazard' | 'position' | 'text'>;

export class Findings implements ReadModel<readonly Finding[]> {
  /** What the hazards of pins are read from. */
  readonly ledger = new PinLedger();
  private readonly holes = new ForkHoles();
  private readonly isolation = new IsolationWatch();
  private readonly found: Finding[] = [];
  /** Pages of pins that are lost already, by index: reported once, until they are coherent again. */
  private readonly lost = new Map<number, Set<number>>();

  get value(): readonly Finding[] {
    return this.found;
  }

  /** What the command at `position` did. */
  of(position: number): readonly Finding[] {
    const last = this.found.findLastIndex((finding) => finding.position === position);
    if (last < 0) return [];
    let first = last;
    while (first > 0 && this.found[first - 1].position === position) first--;
    return this.found.slice(first, last + 1);
  }

  /** Returns what this entry did. */
  apply(entry: LogEntry, world: WorldView): readonly Finding[] {
    const before = this.found.length;
    const find = (hazard: FindingHazard, text: string, details: Details = {}): void => {
      const by = taskOf(entry.command);
      this.found.push({ hazard, position: entry.position, text, ...(by === undefined ? {} : { task: by }),
        ...details });
    };
    this.divergence(this.ledger.apply(entry, world), entry, world, find);
    this.holes.apply(entry, world);
    for (const leak of this.isolation.apply(entry, world)) find('H4', leakText(leak), pagesOfLeak(leak));
    this.refusal(entry, world, find);
    permission(entry, world, find);
    return this.found.slice(before);
  }

  /**
   * H1, one finding a pin and command. What an owner unmaps itself is its own choice, and a page in the swap cache
   * comes back.
   */
  private divergence(changes: readonly LedgerChange[], entry: LogEntry, world: WorldView, find: Find): void {
    for (const event of entry.events) if (event.type === 'PinClosed') this.lost.delete(event.pin);
    const lostNow = new Map<number, LedgerChange[]>();
    for (const change of changes) {
      const { pin, page } = change;
      const lost = setIn(this.lost, pin, () => new Set<number>());
      if (page.divergence === null) lost.delete(page.index);
      else if (!lost.has(page.index) && isLost(change, world)) {
        lost.add(page.index);
        setIn(lostNow, pin, (): LedgerChange[] => []).push(change);
      }
    }
    for (const [pin, lost] of lostNow) {
      const [{ page }] = lost;
      const through = page.divergence?.cause === 'reclaim'
        ? 'memory pressure took it from its page table'
        : 'copy-on-write gave it another page';
      const what = page.ownerPfn < 0 ? 'shows nothing there any more' : `sees frame ${page.ownerPfn}`;
      find('H1',
        `pin ${pin} holds frame ${page.pfn} for page ${hex(page.vpn)}, its owner ${what}: ${through}${
          andMore(lost.length)
        }`, { pin, page: page.vpn });
    }
  }

  /** H2, H7 and H8: what a refusal says. */
  private refusal({ command, result }: LogEntry, world: WorldView, find: Find): void {
    if (result.ok) return;
    if (command.type === 'Fork' && (result.errno === 'ENOMEM' || result.errno === 'EAGAIN')) {
      find('H7', `task ${command.task} cannot fork: ${result.errno}, ${result.why}`);
      if (result.why.includes('hugetlb pool')) find('H8', `the hugetlb pool is empty: ${result.why}`);
    }
    if ((command.type !== 'Load' && command.type !== 'Store')
      || (result.errno !== 'SIGSEGV' && result.errno !== 'SIGBUS')) return;
    const mm = world.mmOf(command.task);
    const vmas = new VmaLookup(world);
    const vpn = refusedPage(world, vmas, mm, command.vpn, command.nr, command.type === 'Store');
    const vma = vmas.at(mm, vpn);
    const hole = this.holes.at(mm, vpn);
    if (result.errno === 'SIGSEGV' && vma === null && hole !== null) {
      const range = `${hex(hole.start)}-${hex(hole.end)}`;
      find('H2',
        `task ${command.task} gets SIGSEGV at page ${
          hex(vpn)
        }: its parent has memory at ${range} and fork() left it out`, { page: vpn });
    }
    if (result.errno === 'SIGBUS' && vma !== null && isHugetlb(vma)) {
      find('H8', `task ${command.task} gets SIGBUS at page ${hex(vpn)}: the hugetlb pool is empty`, { page: vpn });
    }
  }
}

type Find = (hazard: FindingHazard, text: string, details?: Details) => void;

function isLost({ device, mm, page }: LedgerChange, world: WorldView): boolean {
  const cause = page.divergence?.cause;
  if (device === 0 || (cause !== 'cow' && cause !== 'reclaim')) return false;
  return page.ownerPfn >= 0 || world.page(mm, page.vpn).swapSlot === null;
}

/** The access went through up to the first page that is still not accessible. */
function refusedPage(world: WorldView, vmas: VmaLookup, mm: number, vpn: number, nr: number, write: boolean): number {
  for (let page = vpn; page < vpn + nr; page++) {
    const vma = vmas.at(mm, page);
    if (vma === null || vma.perms.startsWith('---')) return page;
    const { present, writable } = world.page(mm, page);
    if (!present || (write && !writable)) return page;
  }
  return vpn;
}

/** H9: an entry came out writable where its mapping is not. One finding a mapping and command. */
function permission(entry: LogEntry, world: WorldView, find: Find): void {
  const seen = new Set<unknown>();
  const vmas = new VmaLookup(world);
  for (const event of entry.events) {
    const at = madeWritable(event);
    if (at === null || !world.isMmLive(at.mm)) continue;
    const vma = vmas.at(at.mm, at.vpn);
    if (vma === null || isWritableVma(vma) || seen.has(vma) || !world.page(at.mm, at.vpn).writable) continue;
    seen.add(vma);
    find('H9', `page ${hex(at.vpn)} of mm ${at.mm} is writable, its mapping is not (${event.type})`, { page: at.vpn });
  }
}

/** Where a fact may have set the write bit. */
function madeWritable(event: Event): { readonly mm: number; readonly vpn: number } | null {
  if (event.type === 'HugeCowBroken') return event;
  if (!('write' in event) || !event.write) return null;
  return 'to' in event ? { mm: event.to, vpn: event.vpn } : event;
}

function setIn<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}

const taskOf = (command: Command): number | undefined => ('task' in command ? command.task : undefined);
const hex = (vpn: number): string => `0x${vpn.toString(16)}`;
const andMore = (nr: number): string => (nr === 1 ? '' : `, and so for ${nr - 1} more of its pages`);

function leakText({ writer, through, reader, vpn, nr }: Leak): string {
  const who = through === null
    ? `mm ${writer ?? '?'}`
    : `the device of pin ${through}, for ${writer === null ? 'an owner that is gone' : `mm ${writer}`},`;
  const seen = 'pipe' in reader
    ? `pipe ${reader.pipe}, which another process filled, holds the same frame`
    : `mm ${reader.mm} maps the same frame privately`;
  return `${who} stores to page ${hex(vpn)} of private memory, and ${seen}${
    nr === 1 ? '' : `; so for ${nr - 1} more pages`
  }`;
}

function pagesOfLeak({ vpn, through, reader }: Leak): Details {
  const pin = through ?? ('pipe' in reader ? reader.pipe : undefined);
  return { page: vpn, ...(pin === undefined ? {} : { pin }) };
}
