/** Lanes as the catalogue knows them: which there are, what is in them, and what is wrong with one that is written. */
import { type Catalogue, catalogueOf, CompositionError, isPath, parseLanes, resolveKernel,
  resolveLanes } from '@cowlab/composition';
import { isPluginError, type PolicyPlugin } from '@cowlab/plugin-api';

type LanePart = ReturnType<typeof parseLanes>[number]['parts'][number];

export interface LaneFault {
  /** Of the lane in the text, from 0. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

export interface LaneName {
  readonly name: string;
  readonly kind: 'policy' | 'kernel';
  readonly says: string;
}

export class LaneBook {
  private constructor(private readonly catalogue: Catalogue) {}

  static async open(): Promise<LaneBook> {
    return new LaneBook(await catalogueOf());
  }

  names(): readonly LaneName[] {
    const { profiles, shelf } = this.catalogue;
    return [
      ...Object.keys(profiles).map((name) => ({ name, kind: 'kernel' as const, says: this.explain(name) ?? '' })),
      ...[...shelf.plugins.values()].map((plugin) => ({ name: plugin.id, kind: 'policy' as const,
        says: policyText(plugin) })
      ),
    ];
  }

  /** Markdown; null: nothing that goes by that name. */
  explain(name: string): string | null {
    const { profiles, shelf } = this.catalogue;
    if (name === '*') return 'every lane that is run';
    const plugin = shelf.plugins.get(name);
    if (plugin !== undefined) return policyText(plugin);
    if (Object.hasOwn(profiles, name))
      return `a kernel as a stack of policies, bottom first: ${stackText(profiles[name])}`;
    const kernel = resolveKernel(name);
    return kernel === null
      ? null
      : [`a kernel for which \`${kernel.profile}\` stands: ${stackText(kernel.stack)}`, ...kernel.warnings].join(
        '\n\n',
      );
  }

  /** Options of a policy with their defaults; null: no such policy. */
  options(name: string): Readonly<Record<string, string>> | null {
    const plugin = this.catalogue.shelf.plugins.get(name);
    return plugin === undefined
      ? null
      : Object.fromEntries(
        Object.entries(plugin.defaults).map(([key, value]) => [key, `${String(value)} if not said`]),
      );
  }

  /** A policy may be a file, which nobody looks into from here. */
  async faults(text: string): Promise<readonly LaneFault[]> {
    const faults: LaneFault[] = [];
    let start = 0;
    for (const lane of text === '*' ? [] : text.split(',')) {
      const message = await this.wrong(lane);
      if (message !== null) faults.push({ start, end: start + lane.length, message });
      start += lane.length + 1;
    }
    return faults;
  }

  private async wrong(lane: string): Promise<string | null> {
    try {
      if (parseLanes(lane).some(({ parts }) => parts.some(({ name }) => isPath(name)))) return null;
      await resolveLanes(lane, this.catalogue, 'data');
      return null;
    } catch (cause) {
      if (cause instanceof CompositionError || isPluginError(cause)) return `${cause.problem}; ${cause.mend}`;
      throw cause;
    }
  }
}

/** The part of lanes in which a column lies, from 0, and where it begins; null: they cannot be read. */
export function partAt(text: string, column: number): LanePart | null {
  try {
    const parts = parseLanes(text).flatMap((lane) => lane.parts);
    return parts.findLast((part) => part.column - 1 <= column) ?? null;
  } catch (cause) {
    if (cause instanceof CompositionError) return null;
    throw cause;
  }
}

function policyText({ summary, kernel, over, hazards = [], defaults }: PolicyPlugin): string {
  const options = Object.entries(defaults).map(([key, value]) => `\`${key}=${String(value)}\``);
  return [
    summary,
    ...(kernel === undefined ? [] : [`Kernel: ${kernel}.`]),
    ...(over === undefined ? [] : [`It lies over ${over}.`]),
    `Hazards: ${hazards.join(' ') || 'none known'}.`,
    ...(options.length === 0 ? [] : [`Options: ${options.join(', ')}.`]),
  ].join(' ');
}

function stackText(stack: Catalogue['profiles'][string]): string {
  return stack.map(({ policy, options }) =>
    [policy, ...Object.entries(options).map(([key, value]) => `${key}=${String(value)}`)].join(':')
  ).join(', ');
}
