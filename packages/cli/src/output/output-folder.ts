/** A folder that a command leaves files in; it is made where it is not there. */
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Io, UsageError } from '../terminal/io.ts';
import { OutputFile } from './output-file.ts';
import { checkFile, checkFolder, type Place, unwritable } from './place.ts';

export class OutputFolder {
  private constructor(
    readonly place: Place,
    private readonly io: Io,
    private readonly folder: string,
    private readonly force: boolean,
  ) {}

  /** @throws UsageError when it is known already that nothing can be written there */
  static at(io: Io, flag: string, folder: string, { force = false }: { force?: boolean } = {}): OutputFolder {
    const name = `${flag} ${folder}`;
    if (folder === '') throw new UsageError(`${flag} names no folder; give it one`);
    const place = { path: resolve(io.cwd, folder), name };
    checkFolder(place, true);
    return new OutputFolder(place, io, folder, force);
  }

  /** One that will be written into it; what is known to be wrong is said now. @throws UsageError */
  file(name: string): FileInFolder {
    const shown = join(this.folder, name);
    const path = join(this.place.path, name);
    if (existsSync(this.place.path)) checkFile({ path, name: shown }, this.force);
    return { path, name: shown, write: (text) => this.open(shown).write(text) };
  }

  /**
   * For what is found on the way and must not be lost: where another text has that name, it takes the next one.
   * @returns its name as the user would type it
   */
  keep(stem: string, extension: string, text: string): string {
    for (let nr = 1;; nr++) {
      const name = `${stem}${nr === 1 ? '' : `-${nr}`}${extension}`;
      const there = lstatSync(join(this.place.path, name), { throwIfNoEntry: false });
      if (there === undefined) this.file(name).write(text);
      else if (!there.isFile() || readFileSync(join(this.place.path, name), 'utf8') !== text) continue;
      return join(this.folder, name);
    }
  }

  /** The folder comes about with its first file. */
  private open(shown: string): OutputFile {
    try {
      mkdirSync(this.place.path, { recursive: true });
    } catch (cause) {
      throw unwritable(this.place.name, cause);
    }
    checkFolder(this.place, true);
    return OutputFile.at(this.io, shown, { force: this.force });
  }
}

export interface FileInFolder extends Place {
  write(text: string | Iterable<string>): void;
}
