/** Where a campaign lives, for all commands that speak of one. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Io, UsageError } from '../../terminal/io.ts';

export const ENGINE_HELP = `An engine is a PostgreSQL server (postgres://...), or pglite:DIR, which is
PostgreSQL within one process of this machine and needs none (default:
pglite:cowlab-campaign). The npm packages pg-boss and pg, or pg-boss and
@electric-sql/pglite, have to be there.`;

export interface EngineFlags {
  readonly engine?: string;
}

export function engineOption(command: Command): Command {
  return command.option('--engine <url>', 'postgres://... or pglite:DIR (default: pglite:cowlab-campaign)');
}

/** With a whole path. */
export function engineAddress({ engine = 'pglite' }: EngineFlags, { cwd }: Io): string {
  if (/^postgres(ql)?:\/\//i.test(engine)) return engine;
  const [, folder] = /^pglite(?::(.*))?$/is.exec(engine) ?? [null, null];
  if (folder === null || folder === '')
    throw new UsageError(`--engine ${engine} is no engine; give postgres://..., pglite or pglite:DIR`);
  return `pglite:${resolve(cwd, folder ?? 'cowlab-campaign')}`;
}

export const isServer = (address: string): boolean => /^postgres/i.test(address);

export function whole(flag: string, text: string | undefined, min: number, max = 1_000_000_000): number | null {
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw new UsageError(`${flag} ${text} is no number for it; give a whole one from ${min} to ${max}`);
}

export const listed = (text: string): readonly string[] =>
  text.split(',').map((word) => word.trim()).filter((word) => word !== '');
