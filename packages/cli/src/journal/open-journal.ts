/**
 * What DIR or URL of a journal means, for all commands: a folder holds file segments; file:, libsql:, pglite: and
 * postgres:// name their store. What a store is made of is loaded when it is opened.
 */
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Journal } from '@cowlab/journal';
import type { Command } from 'commander';
import { checkFolder } from '../output/place.ts';
import { type Io, UsageError } from '../terminal/io.ts';

export const JOURNAL_HELP = `A journal is a folder, or libsql:FILE, or postgres://... (the npm package
libsql or pg beside cowlab). Streams in it are named experiment/lane/run;
cowlab journal ls shows them.`;

export function journalOption(command: Command): Command {
  return command.option('--journal <dir|url>', 'keep it there as it happens, safe from kill -9 and power cuts');
}

/** For what is written; whether that can be done is found out now, where it can be known. @throws JournalError */
export async function openForWriting(address: string, io: Io): Promise<Journal> {
  const { place, folder } = placeOf(address, io);
  if (folder !== null) checkFolder({ path: folder, name: `--journal ${address}` }, true);
  return opened(place);
}

/** One that is there. @throws UsageError or JournalError */
export async function openForReading(address: string, io: Io): Promise<Journal> {
  const { place, folder, file } = placeOf(address, io);
  const path = folder ?? file;
  if (path !== null && lstatSync(path, { throwIfNoEntry: false }) === undefined)
    throw new UsageError(`${address} is not there; a journal comes about with cowlab run X.cow --journal ${address}`);
  return opened(place);
}

async function opened(place: string): Promise<Journal> {
  const { openJournal } = await import('@cowlab/journal');
  return openJournal(place);
}

interface Place {
  /** As the journal package takes it, with whole paths. */
  readonly place: string;
  /** Of file segments, or of the store; null where it is none. */
  readonly folder: string | null;
  readonly file: string | null;
}

function placeOf(address: string, { cwd }: Io): Place {
  if (address.trim() === '')
    throw new UsageError("--journal '' names no place; give a folder, libsql:FILE or postgres://...");
  const [, scheme = '', rest = ''] = /^(file|libsql|pglite):(.*)$/is.exec(address) ?? [];
  // file:///x and file:/x are the same place; file://x would be another machine.
  const path = rest.replace(/^\/\/(?=\/)/, '');
  if (path.startsWith('//'))
    throw new UsageError(`--journal ${address} names another machine; write ${scheme}:/FOLDER, or ${scheme}:FOLDER`);
  switch (scheme.toLowerCase()) {
    case 'file':
      return path === ''
        ? bare(address)
        : { place: `file:${resolve(cwd, path)}`, folder: resolve(cwd, path), file: null };
    case 'libsql':
      return path === ''
        ? bare(address)
        : { place: `libsql:${resolve(cwd, path)}`, folder: null, file: resolve(cwd, path) };
    case 'pglite':
      return path === '' || path === 'memory://'
        ? bare(address)
        : { place: `pglite:${resolve(cwd, path)}`, folder: null, file: resolve(cwd, path) };
    default:
      return /^[a-z][a-z0-9+]+:/i.test(address)
        ? bare(address)
        : { place: `file:${resolve(cwd, address)}`, folder: resolve(cwd, address), file: null };
  }
}

/** Whoever opens it says what is wrong with it, if anything is. */
const bare = (place: string): Place => ({ place, folder: null, file: null });
