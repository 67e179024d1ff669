/**
 * What a stream comes to, folded chunk by chunk: rebuilt from its beginning, kept up while it grows. Costs are folded
 * over columns; only hazards need the world, and only steps that are shown are made.
 */
import { ChunkReader, type Fold, holdsResults, PackedCosts, type ReadChunk, type ResultEvent, type ResultHead,
  type Stored, type StoredChunk, unpackResults } from '@cowlab/journal';
import type { LogEntry } from '@cowlab/core';
import { type CostCounters, type Finding, Findings, Projection, type PteChange, PteHistory } from '@cowlab/runtime';

export interface Wanted {
  readonly costs: boolean;
  readonly hazards: boolean;
  readonly page: { readonly mm: number; readonly vpn: number } | null;
}

/** Something that is new since it was asked last. */
export type News =
  | { readonly kind: 'step'; readonly entry: LogEntry }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'costs'; readonly costs: CostCounters }
  | { readonly kind: 'hazard'; readonly finding: Finding }
  | { readonly kind: 'change'; readonly change: PteChange };

/** Steps and results that are kept for the text. */
const LAST = 5;

export class Shown implements Fold<Shown> {
  head: Extract<ReadChunk, { kind: 'entries' }>['head'] | null = null;
  resultHead: ResultHead | null = null;
  isWhole = false;
  hash: string | null = null;
  nrEntries = 0;
  nrEvents = 0;
  readonly last: LogEntry[] = [];
  readonly results: unknown[] = [];
  private readonly reader: ChunkReader;
  private readonly packedCosts = new PackedCosts();
  private readonly findings = new Findings();
  private projection: Projection | null = null;
  private history: PteHistory | null = null;
  private fresh: News[] = [];
  private told = { hazards: 0, changes: 0 };

  constructor(private readonly where: string, readonly wanted: Wanted) {
    this.reader = new ChunkReader(where);
  }

  start(): Shown {
    return this;
  }

  add(_: Shown, chunk: StoredChunk): Shown {
    this.take(chunk);
    return this;
  }

  get costs(): CostCounters {
    return this.packedCosts.value;
  }

  get hazards(): readonly Finding[] {
    return this.findings.value;
  }

  get changes(): readonly PteChange[] {
    return this.history?.value ?? [];
  }

  take(item: Stored): void {
    if (item.kind === 'snapshot') return;
    if (holdsResults(item.bytes)) { for (const event of unpackResults(item, this.where)) this.result(event); }
    else this.log(item);
  }

  /** What came since the last call. */
  news(): News[] {
    const { wanted, told, fresh, hazards, changes } = this;
    this.fresh = [];
    const news: News[] = wanted.costs || wanted.hazards || wanted.page !== null
      ? fresh.filter(({ kind }) => kind === 'result')
      : fresh;
    if (wanted.costs && fresh.length > 0) news.push({ kind: 'costs', costs: this.costs });
    for (const finding of hazards.slice(told.hazards)) news.push({ kind: 'hazard', finding });
    for (const change of changes.slice(Math.min(told.changes, changes.length))) news.push({ kind: 'change', change });
    this.told = { hazards: hazards.length, changes: changes.length };
    return news;
  }

  private log(chunk: StoredChunk): void {
    const { wanted } = this;
    const packed = this.reader.columns(chunk);
    if (packed !== null && wanted.costs) this.packedCosts.add(packed);
    if (packed !== null && wanted.costs && !wanted.hazards && wanted.page === null) {
      this.head = packed.head;
      this.nrEntries += packed.nrEntries;
      this.nrEvents += packed.nrEvents;
      this.fresh.push({ kind: 'costs', costs: this.costs });
      return;
    }
    const read = this.reader.read(chunk);
    this.head = read.head;
    if (read.kind === 'end') {
      this.isWhole = true;
      this.hash = read.hash;
      return;
    }
    for (const entry of read.entries) {
      if (packed === null && wanted.costs) this.packedCosts.addEntry(entry, read.head.geometry);
      this.entry(entry, read.head.geometry);
    }
  }

  private entry(entry: LogEntry, geometry: NonNullable<Shown['head']>['geometry']): void {
    const { hazards, page } = this.wanted;
    this.nrEntries++;
    this.nrEvents += entry.events.length;
    if (hazards) (this.projection ??= new Projection(this.where, geometry, [this.findings])).apply(entry);
    if (page !== null) (this.history ??= new PteHistory(page.mm, page.vpn, geometry)).apply(entry);
    if (this.last.push(entry) > LAST) this.last.shift();
    this.fresh.push({ kind: 'step', entry });
  }

  private result(event: ResultEvent): void {
    if (event.kind === 'begin') this.resultHead ??= event.head;
    else if (event.kind === 'end') this.isWhole = true;
    else {
      this.results.push(event.value);
      this.fresh.push({ kind: 'result', value: event.value });
    }
  }
}
