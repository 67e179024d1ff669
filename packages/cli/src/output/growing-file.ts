/**
 * A file that is written while the work goes on, as NAME.part, and gets its name when it is done. Whatever ends the
 * process in between, what was told until then is kept there.
 */
import { closeSync, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { UsageError } from '../terminal/io.ts';
import { putInPlace, writePieces } from './pieces.ts';
import { checkFile, type Place, unwritable } from './place.ts';

export const PART = '.part';

export class GrowingFile {
  private readonly aside: string;
  private readonly fd: number;
  private isGone = false;

  /** @throws UsageError also where the part of an earlier run lies that was cut */
  constructor(private readonly place: Place, private readonly force: boolean) {
    this.aside = place.path + PART;
    const name = place.name + PART;
    if (lstatSync(this.aside, { throwIfNoEntry: false })?.isFile() === true && !force)
      throw new UsageError(`${name} is there already, of a run that goes on or was cut; move it away, or --force`);
    checkFile({ path: this.aside, name }, force);
    try {
      rmSync(this.aside, { force: true });
      this.fd = openSync(this.aside, 'wx');
    } catch (cause) {
      throw unwritable(place.name, cause);
    }
  }

  /** @throws UsageError when the disk is full; what was written is gone then */
  append(pieces: Iterable<string>): void {
    this.orGone(() => writePieces(this.fd, pieces));
  }

  /** The last pieces, and its name. @returns false when an earlier append has failed already. @throws UsageError */
  finish(pieces: Iterable<string>): boolean {
    if (this.isGone) return false;
    this.orGone(() => {
      writePieces(this.fd, pieces);
      // With --force another run may have taken the place of this one.
      if (lstatSync(this.aside, { throwIfNoEntry: false })?.ino !== fstatSync(this.fd).ino)
        throw new Error('another run writes it too');
      checkFile(this.place, this.force);
      putInPlace(this.fd, this.aside, this.place.path, this.force);
    });
    rmSync(this.aside, { force: true });
    closeSync(this.fd);
    return true;
  }

  private orGone(write: () => void): void {
    try {
      write();
    } catch (cause) {
      this.isGone = true;
      if (lstatSync(this.aside, { throwIfNoEntry: false })?.ino === fstatSync(this.fd).ino)
        rmSync(this.aside, { force: true });
      closeSync(this.fd);
      throw cause instanceof UsageError ? cause : unwritable(this.place.name, cause);
    }
  }
}
