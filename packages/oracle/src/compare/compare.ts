/**
 * A recorded program against the model's observations of the same program, up to the first that differs. Compared is
 * what must match: semantics (results, values, device, pipe, last loads), policy (presence and page identity) and
 * accounting. What kernels merely report differently was already written the kernel's way; what they report beyond
 * that (`x`, `f`, `h`/`t`, the mapcount of a page of a large folio) is compared too, but a difference there is no
 * divergence.
 */
import type { Program } from '@cowlab/scenario';
import { divergence, type Divergence, type DivergenceKind, type Spot, spotOfSlot, spotOfStep,
  type Told } from './divergence.ts';
import { flagsBits, flagsText } from './flags.ts';
import { comparesProtection, comparesSoftDirty, observedPages, type Observation, type PageEntry,
  type Watched } from './observation.ts';

export interface ProgramComparison {
  /** The first, or null: the model does what the kernel did. */
  readonly divergence: Divergence | null;
  /** The first difference in reporting alone before that, or null. */
  readonly reporting: Divergence | null;
}

export function compareProgram(
  set: string,
  program: Program,
  kernel: readonly Observation[],
  model: readonly Observation[],
): ProgramComparison {
  const comparison = new Comparison(set, program);
  for (let at = 0; at < kernel.length && at < model.length && comparison.divergence === null; at++)
    comparison.step(at, kernel, model);
  return { divergence: comparison.divergence, reporting: comparison.reporting };
}

/** Accounting that must match, and what is only reported. */
const COUNTED = flagsBits('AZTHE');
const SOFT_DIRTY = flagsBits('s');
const PROTECTION = flagsBits('u');
const REPORTED = flagsBits('xfht');
const LARGE = flagsBits('TH');

class Comparison {
  divergence: Divergence | null = null;
  reporting: Divergence | null = null;
  private readonly counted: number;
  private at = 0;
  private before: { readonly kernel: Observation | null; readonly model: Observation | null } = { kernel: null,
    model: null };

  private readonly regions: readonly { readonly r: string; readonly region: number;
    readonly pages: readonly number[] }[];

  constructor(private readonly set: string, private readonly program: Program) {
    this.counted = COUNTED | (comparesSoftDirty(program) ? SOFT_DIRTY : 0)
      | (comparesProtection(program) ? PROTECTION : 0);
    this.regions = Object.entries(program.watch).map(([r, pages]) => ({ r, region: Number(r),
      pages: observedPages(pages) })
    );
  }

  step(index: number, kernels: readonly Observation[], models: readonly Observation[]): void {
    const [kernel, model] = [kernels[index], models[index]];
    this.at = kernel.i;
    this.before = { kernel: kernels[index - 1] ?? null, model: models[index - 1] ?? null };
    if (kernel.f !== undefined && model.f !== undefined) this.loads(kernel.f, model.f);
    else if (kernel.err !== model.err)
      this.differ('err', spotOfStep(this.program, index), cameTo(kernel), cameTo(model));
    else if (kernel.ret !== model.ret)
      this.differ('ret', spotOfStep(this.program, index), returned(kernel), returned(model));
    this.pages(kernel, model);
    if (kernel.d !== undefined || model.d !== undefined) this.devices(kernel.d ?? {}, model.d ?? {});
    if (kernel.v !== undefined || model.v !== undefined) this.pipes(kernel.v ?? {}, model.v ?? {});
  }

  private differ(kind: DivergenceKind, spot: Spot, kernel: Told, model: Told): void {
    this.divergence ??= divergence(this.set, this.program, this.at, kind, spot, kernel, model);
  }

  private report(kind: DivergenceKind, spot: Spot, kernel: Told, model: Told): void {
    if (this.divergence === null)
      this.reporting ??= divergence(this.set, this.program, this.at, kind, spot, kernel, model);
  }

  private loads(kernel: NonNullable<Observation['f']>, model: NonNullable<Observation['f']>): void {
    this.eachWatched(kernel, model, (saw, other, spot) => {
      if (saw !== other) this.differ('final', spot, loaded(saw), loaded(other));
    });
  }

  private pages({ o: kernel }: Observation, { o: model }: Observation): void {
    this.eachWatched(kernel, model, (saw, other, spot, index) => {
      if (saw === other) return;
      if (saw === 0 || other === 0) return this.differ('presence', spot, mapped(saw), mapped(other));
      const was = (before: Observation | null): PageEntry => before?.o[spot.process]?.[spot.region]?.[index] ?? 0;
      if (saw[1] !== other[1]) this.differ('value', spot, value(saw[1]), value(other[1]));
      else if (saw[0] !== other[0])
        this.differ('class', spot, frame(saw, was(this.before.kernel)), frame(other, was(this.before.model)));
      else if (saw[2] !== other[2]) {
        const large = (flagsBits(saw[3]) & flagsBits(other[3]) & LARGE) !== 0;
        this[large ? 'report' : 'differ']('mapcount', spot, mapcount(saw), mapcount(other));
      }
      if (saw[3] !== other[3]) this.letters(saw[3], other[3], spot);
    });
  }

  private letters(kernel: string, model: string, spot: Spot): void {
    const saw = flagsBits(kernel);
    const other = flagsBits(model);
    const { counted } = this;
    if (((saw ^ other) & counted) !== 0) this.differ('flags', spot, flags(saw & counted), flags(other & counted));
    else if (((saw ^ other) & REPORTED) !== 0)
      this.report('flags', spot, flags(saw & REPORTED), flags(other & REPORTED));
  }

  /** The items that are not the same value or the same object, in the order of processes, regions and pages. */
  private eachWatched<Item>(
    kernel: Watched<Item>,
    model: Watched<Item>,
    see: (saw: Item, other: Item, spot: Required<Pick<Spot, 'process' | 'region' | 'page'>>, index: number) => void,
  ): void {
    for (const p of keysOf(kernel, model)) {
      const seen = kernel[p];
      const others = model[p];
      if (seen === undefined || others === undefined)
        this.differ('presence', { process: Number(p) }, runs(seen !== undefined), runs(others !== undefined));
      else for (const { r, region, pages } of this.regions) {
          for (let index = 0; index < pages.length; index++) {
            const saw = seen[r][index];
            const other = others[r][index];
            if (saw !== other) see(saw, other, { process: +p, region, page: pages[index] }, index);
          }
        }
    }
  }

  private devices(kernel: NonNullable<Observation['d']>, model: NonNullable<Observation['d']>): void {
    for (const slot of keysOf(kernel, model)) {
      const [seen, others] = [kernel[slot], model[slot]];
      if (seen !== undefined && others !== undefined && alike(seen, others)) continue;
      const spot = spotOfSlot(this.program, this.at, 'pin', Number(slot));
      if (seen === undefined || others === undefined)
        this.differ('device', spot, holds(seen !== undefined), holds(others !== undefined));
      const [values, otherValues] = [new Map(seen), new Map(others)];
      for (const page of new Set([...values.keys(), ...otherValues.keys()])) {
        const [saw, other] = [values.get(page), otherValues.get(page)];
        if (saw !== other) this.differ('device', { ...spot, page }, device(saw), device(other));
      }
    }
  }

  private pipes(kernel: NonNullable<Observation['v']>, model: NonNullable<Observation['v']>): void {
    for (const slot of keysOf(kernel, model)) {
      const [seen, others] = [kernel[slot] ?? [], model[slot] ?? []];
      for (let index = 0; index < seen.length || index < others.length; index++) {
        if (seen[index] === others[index]) continue;
        const spot = spotOfSlot(this.program, this.at, 'pipe', Number(slot));
        this.differ('pipe', { ...spot, ...(spot.page !== undefined && { page: spot.page + index }) }, pipe(seen[index]),
          pipe(others[index]));
      }
      if ((kernel[slot] === undefined) !== (model[slot] === undefined)) {
        this.differ('pipe', spotOfSlot(this.program, this.at, 'pipe', Number(slot)), holds(kernel[slot] !== undefined),
          holds(model[slot] !== undefined));
      }
    }
  }
}

/** Of both, those of the first one first. */
function keysOf(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): string[] {
  const keys: string[] = [];
  for (const key in one) keys.push(key);
  for (const key in other) if (one[key] === undefined) keys.push(key);
  return keys;
}

function alike(one: readonly (readonly [number, number])[], other: readonly (readonly [number, number])[]): boolean {
  return one.length === other.length
    && one.every(([page, value], at) => page === other[at][0] && value === other[at][1]);
}

const cameTo = ({ err }: Observation): Told => ({ said: err ?? 'succeeds', saw: err ?? null });
const returned = ({ ret }: Observation): Told => ({ said: `returns ${ret}`, saw: ret ?? null });
const loaded = (saw: number | null): Told => ({ said: saw === null ? 'a load faults' : `a load gives ${saw}`, saw });
const value = (saw: number | null): Told => ({ said: saw === null ? 'cannot read it' : `reads ${saw}`, saw });
const mapcount = ([, , saw]: Exclude<PageEntry, 0>): Told => ({ said: `mapcount ${saw}`, saw });
const flags = (bits: number): Told => ({ said: bits === 0 ? 'no flags' : `flags ${flagsText(bits)}`,
  saw: flagsText(bits) });
const runs = (saw: boolean): Told => ({ said: saw ? 'the process runs' : 'no such process', saw: saw ? 1 : null });
const holds = (saw: boolean): Told => ({ said: saw ? 'the slot is held' : 'the slot is empty', saw: saw ? 1 : null });
const device = (saw: number | undefined): Told => ({
  said: saw === undefined ? 'the device has no such page' : `the device sees ${saw}`,
  saw: saw ?? null,
});
const pipe = (saw: number | undefined): Told => ({
  said: saw === undefined ? 'the pipe has no such page' : `the pipe holds ${saw}`,
  saw: saw ?? null,
});

function mapped(entry: PageEntry): Told {
  if (entry === 0) return { said: 'not present', saw: 0 };
  const [frameClass, seen, count, letters] = entry;
  return { said: `present (class ${frameClass}, value ${seen}, mapcount ${count}, ${letters})`, saw: entry };
}

/** Did the page move? Classes tell, and only from one observation to the next. */
function frame([now]: Exclude<PageEntry, 0>, before: PageEntry): Told {
  const name = now === 0 ? 'the zero page' : now === -1 ? 'the huge zero page' : `class ${now}`;
  if (before === 0) return { said: `maps ${name}`, saw: now };
  return { said: before[0] === now ? `stays on ${name}` : `moves to ${name}`, saw: now };
}
