/**
 * Which policies there are: those that come with the laboratory, by id, and those of others, by path or package name. A
 * plugin from outside may be TypeScript or JavaScript in an empty folder; its imports of '@cowlab/plugin-api' get ours.
 */
import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import * as core from '@cowlab/core';
import * as pluginApi from '@cowlab/plugin-api';
import { asPlugin, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import anonExclusive from '@cowlab/policy-anon-exclusive';
import cowEitherWay from '@cowlab/policy-cow-either-way';
import earlyCow from '@cowlab/policy-early-cow';
import hugeZeroThp from '@cowlab/policy-huge-zero-thp';
import hugetlbDoforkRefused from '@cowlab/policy-hugetlb-dofork-refused';
import hugetlbfs from '@cowlab/policy-hugetlbfs';
import largeFolioCopy from '@cowlab/policy-large-folio-copy';
import largeFolioReuse from '@cowlab/policy-large-folio-reuse';
import madvDontfork from '@cowlab/policy-madv-dontfork';
import mprotectExclusive from '@cowlab/policy-mprotect-exclusive';
import naiveCow from '@cowlab/policy-naive-cow';
import noZeroPage from '@cowlab/policy-no-zero-page';
import pageCountReuse from '@cowlab/policy-page-count-reuse';
import pinnedNotSwapped from '@cowlab/policy-pinned-not-swapped';
import readonlyLongtermUnshare from '@cowlab/policy-readonly-longterm-unshare';
import swapAwareReuse from '@cowlab/policy-swap-aware-reuse';
import thpCowSplit from '@cowlab/policy-thp-cow-split';
import thpSplit from '@cowlab/policy-thp-split';
import whatIf from '@cowlab/policy-what-if';
import writeProtectSeq from '@cowlab/policy-write-protect-seq';
import type { Jiti } from 'jiti';
import { reasonOf } from './composition-error.ts';

/** From the oldest behaviour to the newest. */
export const BUILT_IN: readonly PolicyPlugin[] = [
  naiveCow, madvDontfork, cowEitherWay, thpCowSplit, pageCountReuse, earlyCow, thpSplit, writeProtectSeq, pinnedNotSwapped, hugetlbfs,
  swapAwareReuse, anonExclusive, mprotectExclusive, readonlyLongtermUnshare, largeFolioCopy, largeFolioReuse, hugeZeroThp, hugetlbDoforkRefused,
  noZeroPage, whatIf,
];

/** What a plugin or a config file may import from us without having it installed. */
export const OURS: Readonly<Record<string, unknown>> = { '@cowlab/plugin-api': pluginApi, '@cowlab/core': core };

/**
 * A loader that resolves as a file in `folder` would. Nothing is cached: a file that was edited is read again. It comes in
 * only where somebody brings code of his own: it is a large part of what a short command would load.
 */
export async function moduleLoader(folder: string, ours: Readonly<Record<string, unknown>> = OURS): Promise<Jiti> {
  const { createJiti } = await import('jiti');
  return createJiti(join(folder, 'noop.js'), { virtualModules: ours, fsCache: false, moduleCache: false });
}

export function isPath(text: string): boolean {
  return /^\.{1,2}\/|^\//.test(text) || /\.(ts|mts|js|mjs)$/.test(text);
}

/** The policies at hand by id. Filling it is the only thing that changes it. */
export class PluginShelf {
  readonly plugins = new Map<string, PolicyPlugin>();
  /** Where each policy came from, for the complaint about two with one id. */
  private readonly origins = new Map<string, string>();
  private loader: Promise<Jiti> | null = null;

  constructor(private readonly cwd: string, builtIn: readonly PolicyPlugin[] = BUILT_IN) {
    for (const plugin of builtIn) this.add(plugin, 'the laboratory');
  }

  /** @throws PluginError when another policy has the id already */
  add(plugin: PolicyPlugin, origin: string): PolicyPlugin {
    const before = this.origins.get(plugin.id);
    if (before !== undefined) throw new PluginError(plugin.id, `comes from ${origin} and from ${before}`, 'give one of them another `id`');
    this.plugins.set(plugin.id, plugin);
    this.origins.set(plugin.id, origin);
    return plugin;
  }

  /**
   * Load a policy by path or package name; one that was loaded already is only handed out.
   * @throws PluginError
   */
  async load(source: string): Promise<PolicyPlugin> {
    const origin = isPath(source) ? resolve(this.cwd, source) : `package ${source}`;
    const [known] = [...this.origins].find(([, from]) => from === origin) ?? [];
    if (known !== undefined) return this.plugins.get(known) as PolicyPlugin;
    return this.add(asPluginFrom(await this.importFrom(source), source), origin);
  }

  /** The package that `name` stands for, tried as itself and with the prefix that policies of others carry. */
  async packageOf(name: string): Promise<string | null> {
    const loader = await this.loading();
    return [`cowlab-policy-${name}`, name].find((candidate) => !isBuiltin(candidate) && loader.esmResolve(candidate, { try: true }) !== undefined) ?? null;
  }

  private loading(): Promise<Jiti> {
    return (this.loader ??= moduleLoader(this.cwd));
  }

  private async importFrom(source: string): Promise<unknown> {
    if (isPath(source) && !isFile(isAbsolute(source) ? source : join(this.cwd, source))) {
      throw new PluginError(source, 'there is no such file', `give its path as seen from ${this.cwd}`);
    }
    try {
      return await (await this.loading()).import(isPath(source) ? resolve(this.cwd, source) : source);
    } catch (cause) {
      if (isPluginError(cause)) throw cause;
      throw new PluginError(source, `fails to load: ${whereAndWhy(cause, source)}`, 'mend that file, or leave it out', { cause });
    }
  }
}

/** By its code: a plugin may have been written with another copy of the class. */
export function isPluginError(cause: unknown): cause is PluginError {
  return cause instanceof Error && (cause as { code?: unknown }).code === 'plugin';
}

function asPluginFrom(module: unknown, source: string): PolicyPlugin {
  const { default: value } = module as { default?: unknown };
  return asPlugin(value, source);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A parser says the place on a line of its own, an exception in its stack; both are worth their room. */
function whereAndWhy(cause: unknown, source: string): string {
  const reason = reasonOf(cause);
  const { message = '', stack = '' } = cause as { message?: string; stack?: string };
  const name = source.slice(source.lastIndexOf('/') + 1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const place = new RegExp(`${name}:(\\d+)(?::\\d+)?`).exec(message) ?? new RegExp(`${name}:(\\d+)(?::\\d+)?`).exec(stack);
  return place === null ? reason : `line ${place[1]}: ${reason}`;
}
