/**
 * What the words of a world are called where people read about them: `pte[0]`, `ref[3]`, `child pte[0]`, `has_pinned`.
 * Pages count from the start of their region. Which mm a page table belongs to is found by walking whatever may hang
 * in it.
 */
import { DEVICE, done, FILE, FOLIO, type Geometry, HEADER, isTable, MM, pfnOf, PIN, SWAP, TASK, VMA,
  type World } from '@cowlab/core';
import { Driver } from '@cowlab/scenario';
import type { SectionName, WatchedWorld } from './words.ts';
import { valueText } from './word-values.ts';

/**
 * Of an automaton: the words that somebody writes, and all that they were seen to hold. The first value is the initial
 * one.
 */
export interface Written {
  readonly watched: WatchedWorld;
  readonly variables: readonly { readonly word: number; readonly values: readonly number[] }[];
  readonly version: number;
}

/** `start`: first page of region 0; `span`: from the start of one region to that of the next. */
export interface Regions {
  readonly start: number;
  readonly span: number;
}

export class Names {
  private readonly world: World;
  private version = -1;
  private values = new Map<number, readonly number[]>();
  private entries = new Map<number, string>();
  private lists = new Map<number, string>();
  private mms = new Map<number, string>();
  private areas: readonly (readonly [start: number, end: number])[] = [];

  constructor(
    private readonly automaton: Written,
    private readonly regions: Regions = regionsOf(automaton.watched.world.geometry),
  ) {
    this.world = automaton.watched.world;
  }

  word(v: number): string {
    return this.wordName(this.automaton.variables[v].word);
  }

  /** Text of a value by its number; no two values of a variable read the same. */
  value(v: number, number: number): string {
    const { word, values } = this.automaton.variables[v];
    const text = this.wordValue(word, values[number]);
    const isUnique = values.every((value, other) => other === number || this.wordValue(word, value) !== text);
    return isUnique ? text : `${text} (${values[number]})`;
  }

  /** For words that nobody writes too. */
  wordName(word: number): string {
    this.learn();
    const { name, index } = this.automaton.watched.section(word);
    switch (name) {
      case 'mm':
        return `${this.mm(Math.floor(index / MM.WIDTH))}${fieldOf(MM, index)}`;
      case 'node':
        return this.entries.get(index)
          ?? `entry ${index % this.world.tables.fanout} of table ${Math.floor(index / this.world.tables.fanout)}`;
      case 'meta':
        return `mapcount+flags[${index}]`;
      case 'extra':
        return `ref[${index}]`;
      case 'stamp':
        return `byte 0 of frame ${index}`;
      case 'heap':
        return this.lists.get(index) ?? `heap word ${index}`;
      case 'header':
        return headerName(index);
      case 'flag':
        return `pin ${index} granted`;
      case 'policy':
        return `policy word ${index}`;
      default: {
        const fields = FIELDS[name];
        return `${name} ${Math.floor(index / fields.WIDTH)} ${fieldOf(fields, index)}`;
      }
    }
  }

  wordValue(word: number, value: number): string {
    this.learn();
    const { name, index } = this.automaton.watched.section(word);
    return valueText(this.automaton.watched, name, index, value);
  }

  /** Everything that is known to hang in the page tables of every mm, at some time. */
  private learn(): void {
    if (this.version === this.automaton.version) return;
    this.version = this.automaton.version;
    this.values = new Map(this.automaton.variables.map(({ word, values }) => [word, values]));
    this.entries = new Map();
    this.lists = new Map();
    this.mms = this.nameMms();
    this.areas = Array.from({ length: this.capacity('vma') / VMA.WIDTH }, (_, vma) => vma * VMA.WIDTH)
      .flatMap((vma) =>
        this.living('vma', vma, VMA.START).flatMap((start) =>
          this.living('vma', vma, VMA.END).map((end) => [start, end] as const)
        )
      );
    const { files } = this.world;
    for (const [mm, name] of this.mms) {
      for (const pgd of this.living('mm', mm * MM.WIDTH, MM.PGD))
        this.walk(name, pgd, this.world.tables.top, 0, new Set());
      for (const list of this.at('mm', mm * MM.WIDTH + MM.VMAS)) {
        for (const nr of this.at('mm', mm * MM.WIDTH + MM.VMAS_CAP))
          for (let i = 0; i < nr; i++) this.call(this.lists, list + i, `${name}vma list[${i}]`);
      }
    }
    for (let pin = 0; pin < this.capacity('pin') / PIN.WIDTH; pin++) {
      for (const list of this.at('pin', pin * PIN.WIDTH + PIN.PFNS)) {
        for (const nr of this.at('pin', pin * PIN.WIDTH + PIN.NR))
          for (let i = 0; i < nr; i++) this.call(this.lists, list + i, `pin ${pin} page[${i}]`);
      }
    }
    for (let file = 0; file < files.count; file++) {
      for (const root of this.at('file', file * FILE.WIDTH + FILE.ROOT))
        if (files.isLive(file)) this.walk(`file ${file} `, root, this.world.tables.top, null, new Set());
    }
  }

  /** The mm that the first process has at the start has no name; the only one that is born later is the child's. */
  private nameMms(): Map<number, string> {
    const names = new Map<number, string>();
    const { tasks } = this.world;
    const atStart = (mm: number): boolean => this.first('mm', mm * MM.WIDTH) !== 0;
    let first = -1;
    for (let task = 0; task < tasks.count && first < 0; task++)
      if (this.first('task', task * TASK.WIDTH) !== 0) first = this.first('task', task * TASK.WIDTH + TASK.MM);
    const all = Array.from({ length: Math.floor(this.capacity('mm') / MM.WIDTH) }, (_, mm) => mm).filter((mm) =>
      this.at('mm', mm * MM.WIDTH).some((live) => live !== 0)
    );
    const born = all.filter((mm) => !atStart(mm));
    for (const mm of all)
      names.set(mm, mm === first ? '' : born.length === 1 && born[0] === mm ? 'child ' : `mm ${mm} `);
    return names;
  }

  private walk(owner: string, node: number, level: number, from: number | null, above: ReadonlySet<number>): void {
    // A table below itself: an entry that held something else before.
    if (node < 0 || above.has(node)) return;
    const { tables } = this.world;
    const onPath = new Set(above).add(node);
    for (let i = 0; i < tables.fanout; i++) {
      const index = node * tables.fanout + i;
      const vpn = (from ?? 0) + i * tables.span(level);
      if (from !== null && !this.isMapped(vpn, tables.span(level))) continue;
      this.call(this.entries, index, from === null && level > 0
        ? `${owner}tree ${level}[${vpn}]`
        : `${owner}${from === null ? 'cache' : LEVELS[level]}[${from === null ? vpn : this.page(vpn)}]`);
      if (level > 0) {
        for (const entry of this.at('node', index))
          if (isTable(entry))
            this.walk(owner, pfnOf(entry), level - 1, from === null ? null : vpn, onPath);
      }
    }
  }

  private isMapped(vpn: number, nr: number): boolean {
    return this.areas.some(([start, end]) => start < vpn + nr && end > vpn);
  }

  /** A word that is one thing now and another then is called by both. */
  private call(names: Map<number, string>, index: number, name: string): void {
    const known = names.get(index);
    names.set(index,
      known === undefined || known === name ? name : known.includes(name) ? known : `${known} or ${name}`);
  }

  /** Upper levels by the first page under an entry. */
  private page(vpn: number): string {
    const { start, span } = this.regions;
    const r = Math.floor((vpn - start) / span);
    if (r < 0) return `vpn ${vpn}`;
    const page = vpn - start - r * span;
    return r === 0 ? `${page}` : `${r}:${page}`;
  }

  private mm(mm: number): string {
    return this.mms.get(mm) ?? `mm ${mm} `;
  }

  private at(section: SectionName, index: number): readonly number[] {
    const word = this.automaton.watched.wordOf(section, index);
    return this.values.get(word) ?? [this.automaton.watched.get(word)];
  }

  /** Without what the record held before it was there. */
  private living(section: SectionName, record: number, field: number): readonly number[] {
    return this.at(section, record + field).slice(this.first(section, record) === 0 ? 1 : 0);
  }

  private first(section: SectionName, index: number): number {
    return this.at(section, index)[0];
  }

  private capacity(section: SectionName): number {
    return this.automaton.watched.sections.find(({ name }) => name === section)?.words.length ?? 0;
  }
}

/** As the Driver lays them out. */
export function regionsOf(geometry: Geometry): Regions {
  const driver = new Driver(() => done(), geometry, 0);
  return { start: driver.regionStart(0), span: driver.regionStart(1) - driver.regionStart(0) };
}

const LEVELS = ['pte', 'pmd', 'pud', 'pgd'];
const FIELDS = { vma: VMA, task: TASK, pin: PIN, file: FILE, swap: SWAP, device: DEVICE,
  folio: { ...FOLIO, WIDTH: 12 } } as const;
/** In the order of their words in the header. */
const RECORDS = ['mm', 'vma', 'task', 'pin', 'file', 'folio', 'swap', 'device'];

function fieldOf(fields: Readonly<Record<string, number>>, index: number): string {
  const field = index % fields.WIDTH;
  return Object.keys(fields).find((name) => name !== 'WIDTH' && fields[name] === field)?.toLowerCase()
    ?? `field ${field}`;
}

function headerName(index: number): string {
  const record = index - HEADER.RECORDS;
  if (record >= 0 && record < 2 * RECORDS.length)
    return `${record % 2 === 0 ? 'end of' : 'lowest free'} ${RECORDS[record >> 1]} ids`;
  if (index > HEADER.HEAP_FREE && index < HEADER.PAGES) return `heap_free[${index - HEADER.HEAP_FREE}]`;
  return Object.keys(HEADER).find((name) => HEADER[name as keyof typeof HEADER] === index)?.toLowerCase()
    ?? `header ${index}`;
}
