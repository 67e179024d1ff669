/**
 * `cowlab.config.ts` (or .js, .mjs, .json): what somebody who uses the laboratory every day does not want to type.
 * Flags of the command line win over it. No other source is read: no .env, no rc files, no package.json.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Options, PolicyPlugin } from '@cowlab/plugin-api';
import type { ProfilePart } from '../catalogue.ts';
import { openCatalogue } from './open-catalogue.ts';
import { didYouMean } from '@cowlab/prose';
import { CompositionError, reasonOf } from '../composition-error.ts';
import type { Workplace } from '../workplace.ts';
import { isPluginError } from '@cowlab/plugin-api';
import { moduleLoader, OURS } from './module-loader.ts';

export interface CowlabConfig {
  /** Policies by path or package name, or imported. */
  readonly plugins?: readonly (string | PolicyPlugin)[];
  /** The lanes when neither a flag nor the scenario names any: `linux-5.7,linux-5.9`. */
  readonly policies?: string;
  /** By policy id: what replaces its defaults in every lane. */
  readonly options?: Readonly<Record<string, Options>>;
  /** Kernels of your own: name to policies, bottom first. */
  readonly profiles?: Readonly<Record<string, readonly ProfilePart[]>>;
}

/** Gives an editor the types of a config file; at run time it does nothing. */
export function defineConfig(config: CowlabConfig): CowlabConfig {
  return config;
}

/**
 * The config file of `cwd` if there is one, and the catalogue that it and `plugins` (of flags) make.
 * @throws CompositionError or PluginError
 */
export async function openWorkplace(cwd: string, plugins: readonly string[] = []): Promise<Workplace> {
  const { config, file } = await readConfig(cwd);
  const from = file === null ? 'flags' : basename(file);
  const catalogue = await openCatalogue({ ...config, cwd, from, plugins: [...(config.plugins ?? []), ...plugins] });
  return { catalogue, policies: config.policies ?? null, configFile: file };
}

async function readConfig(cwd: string): Promise<{ config: CowlabConfig; file: string | null }> {
  const file = configFileOf(cwd);
  if (file === null) return { config: {}, file };
  const name = basename(file);
  const ours = { ...OURS, cowlab: { defineConfig }, '@cowlab/composition': { defineConfig } };
  try {
    return { config: checked(await (await moduleLoader(cwd, ours)).import(file, { default: true }), name), file };
  } catch (cause) {
    if (cause instanceof CompositionError || isPluginError(cause)) throw cause;
    throw new CompositionError(name, `cannot be read: ${reasonOf(cause)}`, 'mend that file, or move it away', {
      cause,
    });
  }
}

/** In the order in which they count where a folder has several. */
const PLACES = ['cowlab.config', '.config/cowlab.config', '.config/cowlab'];
const ENDINGS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'];

function configFileOf(cwd: string): string | null {
  const candidates = PLACES.flatMap((place) => ENDINGS.map((ending) => join(cwd, `${place}.${ending}`)));
  return candidates.find((path) => existsSync(path)) ?? null;
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const SHAPES: Readonly<Record<keyof CowlabConfig, readonly [shape: string, holds: (value: unknown) => boolean]>> = {
  plugins: ['a list of paths or policies', (value) => Array.isArray(value)],
  policies: ["a text such as 'linux-5.7,linux-5.9'", (value) => typeof value === 'string'],
  options: ['options by policy id', (value) => isRecord(value) && Object.values(value as object).every(isRecord)],
  profiles: ['lists of policies by name',
    (value) => isRecord(value) && Object.values(value as object).every(isProfile)],
};

function isProfile(value: unknown): boolean {
  return Array.isArray(value) && value.every((part: unknown) =>
    typeof part === 'string'
    || (isRecord(part) && typeof (part as { policy?: unknown }).policy === 'string')
  );
}

function checked(config: unknown, file: string): CowlabConfig {
  if (!isRecord(config))
    throw new CompositionError(file, 'does not export a config', 'write `export default defineConfig({ ... })`');
  for (const [key, value] of Object.entries(config as object)) {
    if (!Object.hasOwn(SHAPES, key))
      throw new CompositionError(file, `there is no setting '${key}'`, didYouMean(key, Object.keys(SHAPES)));
    const [shape, holds] = SHAPES[key as keyof CowlabConfig];
    if (!holds(value)) throw new CompositionError(file, `'${key}' has the wrong shape`, `it is ${shape}`);
  }
  return config as CowlabConfig;
}
