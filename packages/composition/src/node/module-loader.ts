/**
 * Policies of others, by path or package name. A plugin from outside may be TypeScript or JavaScript in an empty
 * folder; its imports of 'cowlab/policy' get ours.
 */
import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import * as core from '@cowlab/core';
import * as pluginApi from '@cowlab/plugin-api';
import { asPlugin, isPluginError, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import type { Jiti } from 'jiti';
import { reasonOf } from '../composition-error.ts';
import { watchedWhile } from '../hook-watch.ts';
import { isPath } from '../lane-syntax.ts';
import type { PluginSource } from '../plugin-shelf.ts';

/** What a plugin or a config file may import from us without having it installed. */
export const OURS: Readonly<Record<string, unknown>> = { 'cowlab/policy': pluginApi, '@cowlab/plugin-api': pluginApi,
  '@cowlab/core': core };

/**
 * A loader that resolves as a file in `folder` would. Nothing is cached: a file that was edited is read again. It
 * comes in only where somebody brings code of his own: it is a large part of what a short command would load.
 */
export async function moduleLoader(folder: string, ours: Readonly<Record<string, unknown>> = OURS): Promise<Jiti> {
  const { createJiti } = await import('jiti');
  return createJiti(join(folder, 'noop.js'), { virtualModules: ours, fsCache: false, moduleCache: false });
}

const PACKAGE = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/;

/** Files and packages as they are seen from one folder. */
export class ModulesOf implements PluginSource {
  private loader: Promise<Jiti> | null = null;

  constructor(private readonly cwd: string) {}

  originOf(source: string): string {
    return isPath(source) ? resolve(this.cwd, source) : `package ${source}`;
  }

  async load(source: string): Promise<PolicyPlugin> {
    return asPluginFrom(await watchedWhile(source, 'import', () => this.importFrom(source)), source);
  }

  /** A package goes by the name of its policy too, without the prefix that those of others carry. */
  private async named(source: string): Promise<string> {
    const loader = await this.loading();
    const prefixed = `cowlab-policy-${source}`;
    return loader.esmResolve(prefixed, { try: true }) === undefined ? source : prefixed;
  }

  private loading(): Promise<Jiti> {
    return (this.loader ??= moduleLoader(this.cwd));
  }

  private async importFrom(source: string): Promise<unknown> {
    if (isPath(source) && !isFile(isAbsolute(source) ? source : join(this.cwd, source))) {
      throw new PluginError(source, 'there is no such file', `give its path as seen from ${this.cwd}`);
    }
    // No data: or https: address, no import of a package.json (#x), nothing of Node.
    if (!isPath(source) && (!PACKAGE.test(source) || isBuiltin(source)))
      throw new PluginError(source, 'is no path and no name of a package', 'write ./FILE for a file');
    try {
      return await (await this.loading()).import(isPath(source) ? resolve(this.cwd, source) : await this.named(source));
    } catch (cause) {
      if (isPluginError(cause)) throw cause;
      throw new PluginError(source, `fails to load: ${whereAndWhy(cause, source)}`, 'mend that file, or leave it out', {
        cause,
      });
    }
  }
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
  const place = new RegExp(`${name}:(\\d+)(?::\\d+)?`).exec(message)
    ?? new RegExp(`${name}:(\\d+)(?::\\d+)?`).exec(stack);
  return place === null ? reason : `line ${place[1]}: ${reason}`;
}
