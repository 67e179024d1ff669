/**
 * What somebody who uses the laboratory every day does not want to type: `cowlab.config.json` (or .yaml, .toml) of the
 * current folder, or the file that `--config` names. Flags of the command line win over it. No other source is read:
 * no .env, no rc files, no package.json.
 */
import { dirname, resolve } from 'node:path';
import { isPluginError, type Options, type PolicyPlugin } from '@cowlab/plugin-api';
import { didYouMean } from '@cowlab/prose';
import type { ProfilePart } from '../catalogue.ts';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { isPath, parseLanes } from '../lane-syntax.ts';
import type { Workplace } from '../workplace.ts';
import { type ConfigFile, configCodeIn, findConfig, folderOf, isCode, readData } from './config-file.ts';
import { moduleLoader, OURS } from './module-loader.ts';
import { openCatalogue } from './open-catalogue.ts';

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

/** What the command line asks for by name. */
export interface Asked {
  /** A file of configuration, data or code. */
  readonly config?: string | undefined;
  /** Policies by path or package name. */
  readonly plugins?: readonly string[];
}

/**
 * What is asked for, else the data in `cwd` if there is some, and the catalogue that it and the plugins make.
 * @throws CompositionError or PluginError
 */
export async function openWorkplace(cwd: string, { config: asked, plugins = [] }: Asked = {}): Promise<Workplace> {
  const file = findConfig(cwd, asked);
  const config = file === null ? {} : await readConfig(file);
  if (file !== null && !file.isAsked) refuseCode(config, file);
  const catalogue = await openCatalogue({ ...config, cwd, from: file?.name ?? 'flags',
    plugins: [...(config.plugins ?? []), ...plugins] });
  const ignored = file === null ? configCodeIn(cwd) : [];
  return { catalogue, policies: config.policies ?? null, configFile: file?.path ?? null,
    warnings: ignored.map((name) => `${name} is code and was not run; to run it, say --config ${name}`) };
}

async function readConfig(file: ConfigFile): Promise<CowlabConfig> {
  const value = isCode(file) ? await run(file) : await readData(file);
  return seenFrom(folderOf(file), checked(value, file.name));
}

async function run({ path, name }: ConfigFile): Promise<unknown> {
  try {
    const loader = await moduleLoader(dirname(path), { ...OURS, cowlab: { defineConfig },
      '@cowlab/composition': { defineConfig } });
    return (await loader.import<{ default?: unknown }>(path)).default;
  } catch (cause) {
    if (isPluginError(cause)) throw cause;
    throw new CompositionError(name, `cannot be read: ${reasonOf(cause)}`, 'mend that file, or name another one', {
      cause,
    });
  }
}

/** Paths in a file are seen from its folder. */
function seenFrom(folder: string, config: CowlabConfig): CowlabConfig {
  const seen = (name: string): string => (isPath(name) ? resolve(folder, name) : name);
  const part = (one: ProfilePart): ProfilePart =>
    typeof one === 'string' ? seen(one) : { ...one, policy: seen(one.policy) };
  return { ...config, ...(config.plugins !== undefined && {
    plugins: config.plugins.map((plugin) => (typeof plugin === 'string' ? seen(plugin) : plugin)),
  }), ...(config.profiles !== undefined && {
    profiles: Object.fromEntries(Object.entries(config.profiles).map(([name, parts]) => [name, parts.map(part)])),
  }) };
}

function refuseCode({ plugins = [], profiles = {}, policies }: CowlabConfig, { name }: ConfigFile): void {
  const parts = Object.values(profiles).flat().map((part) => (typeof part === 'string' ? part : part.policy));
  const lanes = policies === undefined
    ? []
    : parseLanes(policies).flatMap((lane) => lane.parts.map((part) => part.name));
  const code = [...plugins.map(String), ...[...parts, ...lanes].filter(isPath)];
  if (code.length === 0) return;
  throw new CompositionError(name, `names code (${code[0]}), and a file that merely lies here runs none`,
    `to run it, say --config ${name}`);
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const SHAPES: Readonly<Record<keyof CowlabConfig, readonly [shape: string, holds: (value: unknown) => boolean]>> = {
  plugins: ['a list of paths or policies', (value) => Array.isArray(value)],
  policies: ["a text such as 'linux-5.7,linux-5.9'", (value) => typeof value === 'string'],
  options: ['options by policy id', (value) => isRecord(value) && Object.values(value as object).every(isRecord)],
  profiles: ['lists of policies by name',
    (value) =>
      isRecord(value) && Object.entries(value as object).every(([name, parts]) => isName(name) && isProfile(parts))],
};

/** As a lane names it. */
const isName = (name: string): boolean => /^[A-Za-z0-9][\w.-]*$/.test(name);

function isProfile(value: unknown): boolean {
  return Array.isArray(value) && value.every((part: unknown) =>
    typeof part === 'string'
    || (isRecord(part) && typeof (part as { policy?: unknown }).policy === 'string')
  );
}

function checked(config: unknown, file: string): CowlabConfig {
  if (!isRecord(config))
    throw new CompositionError(file, 'is no configuration',
      'write an object of settings; in code `export default defineConfig({ ... })`');
  for (const [key, value] of Object.entries(config as object)) {
    if (!Object.hasOwn(SHAPES, key))
      throw new CompositionError(file, `there is no setting '${key}'`, didYouMean(key, Object.keys(SHAPES)));
    const [shape, holds] = SHAPES[key as keyof CowlabConfig];
    if (!holds(value)) throw new CompositionError(file, `'${key}' has the wrong shape`, `it is ${shape}`);
  }
  return config as CowlabConfig;
}
