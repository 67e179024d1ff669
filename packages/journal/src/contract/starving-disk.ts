/** A disk with room for so many more things, and then none: what takes no room goes on working, as on a real one. */

import { type Disk, type DiskFile, nodeDisk, type OpenFor } from '../file/disk.ts';

export class StarvingDisk implements Disk {
  private left: number;
  private full = false;
  private wasHit = false;

  constructor(nth: number, private readonly mode: 'once' | 'until-relieved', private readonly disk: Disk = nodeDisk) {
    this.left = nth;
  }

  get hit(): boolean {
    return this.wasHit;
  }

  relieve(): void {
    this.full = false;
    this.left = Infinity;
  }

  async open(path: string, how: OpenFor): Promise<DiskFile> {
    if (how === 'create') this.take('open');
    return new StarvingFile(await this.disk.open(path, how), this);
  }

  look = (path: string): ReturnType<Disk['look']> => this.disk.look(path);
  list = (path: string): ReturnType<Disk['list']> => this.disk.list(path);
  unlink = (path: string): Promise<void> => this.disk.unlink(path);
  rmdir = (path: string): Promise<void> => this.disk.rmdir(path);

  async mkdir(path: string): Promise<void> {
    this.take('mkdir');
    await this.disk.mkdir(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.take('rename');
    await this.disk.rename(from, to);
  }

  async link(from: string, to: string): Promise<void> {
    this.take('link');
    await this.disk.link(from, to);
  }

  async syncFolder(path: string): Promise<void> {
    this.take('fsync');
    await this.disk.syncFolder(path);
  }

  /** Whether there is room for one more thing. */
  hasRoom(): boolean {
    if (this.full) return false;
    if (--this.left !== 0) return true;
    this.wasHit = true;
    this.full = this.mode === 'until-relieved';
    return false;
  }

  take(call: string): void {
    if (!this.hasRoom()) throw Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' });
  }
}

class StarvingFile implements DiskFile {
  private partly = false;

  constructor(private readonly file: DiskFile, private readonly disk: StarvingDisk) {}

  read = (into: Uint8Array, position: number): Promise<number> => this.file.read(into, position);
  truncate = (size: number): Promise<void> => this.file.truncate(size);
  size = (): Promise<number> => this.file.size();
  close = (): Promise<void> => this.file.close();

  async write(bytes: Uint8Array, position: number): Promise<number> {
    if (!this.partly && (await this.file.size()) >= position + bytes.length) return this.file.write(bytes, position);
    if (this.partly || !this.disk.hasRoom()) {
      // What still fits is taken first, and only the next call says that nothing more does.
      if (!this.partly && bytes.length > 1) {
        this.partly = true;
        return this.file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), position);
      }
      this.partly = false;
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    return this.file.write(bytes, position);
  }

  async sync(): Promise<void> {
    this.disk.take('fdatasync');
    await this.file.sync();
  }
}
