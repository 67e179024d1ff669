/** What lies in the cache: the compiled programs, and whether each is as it was compiled. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { isAsCompiled } from './compile.ts';

export interface KeptProgram {
  readonly name: string;
  readonly bytes: number;
  /** Cut, changed or of somebody else. One of which no sum was kept is only old; neither is ever run. */
  readonly spoiled: boolean;
}

export interface KeptPrograms {
  readonly folder: string;
  readonly programs: readonly KeptProgram[];
}

/** @throws LiveError when the folder may hold what others put into it */
export function keptPrograms(env: Readonly<Record<string, string | undefined>> = process.env): KeptPrograms {
  const folder = cacheFolder(env);
  const names = readdirSync(folder).filter((name) => /^(costs|init|leash|runner|storm)-[0-9a-f]{16}$/.test(name))
    .sort();
  return { folder,
    programs: names.map((name) => ({ name, bytes: lstatSync(join(folder, name)).size,
      spoiled: existsSync(join(folder, `${name}.sha256`)) && !isAsCompiled(join(folder, name)) })
    ) };
}

/** @returns how many there were */
export function removeSpoiled({ folder, programs }: KeptPrograms): number {
  const spoiled = programs.filter((program) => program.spoiled);
  for (const { name } of spoiled) {
    rmSync(join(folder, name), { recursive: true, force: true });
    rmSync(join(folder, `${name}.sha256`), { force: true });
  }
  return spoiled.length;
}
