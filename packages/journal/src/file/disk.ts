/**
 * Every touch of the file system by the file journal goes through here, so that a test can let any one of them fail
 * as a
 * full or broken disk does. Files are 0600, folders 0700, and no symlink is ever followed by a name that is opened.
 */

import { constants, type Dirent } from 'node:fs';
import * as fs from 'node:fs';

export interface DiskFile {
  /** Bytes read; fewer than asked at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Bytes written; a full disk may take fewer than it was given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export type OpenFor = 'read' | 'write' | 'create';

export interface FoundFile {
  readonly kind: 'file' | 'folder' | 'symlink' | 'other';
  readonly uid: number;
  readonly mode: number;
}

export interface Disk {
  open(path: string, how: OpenFor): Promise<DiskFile>;
  /** null when nothing has that name; a symlink is told as one. */
  look(path: string): Promise<FoundFile | null>;
  mkdir(path: string): Promise<void>;
  /** Names and kinds, or null when there is no such folder. */
  list(path: string): Promise<readonly (readonly [name: string, kind: FoundFile['kind']])[] | null>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Of an empty folder. */
  rmdir(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
}

// Not blocking: a FIFO in the place of a file must not hold anybody up.
const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const FLAGS: Readonly<Record<OpenFor, number>> = {
  read: constants.O_RDONLY | SAFE,
  write: constants.O_RDWR | SAFE,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | SAFE,
};

/** The real one. What only touches the page cache is done at once; what waits for a device is not. */
export const nodeDisk: Disk = {
  async open(path, how) {
    const fd = fs.openSync(path, FLAGS[how], 0o600);
    if (!fs.fstatSync(fd).isFile()) {
      fs.closeSync(fd);
      throw Object.assign(new Error(`${path} is not a regular file`), { code: 'EINVAL' });
    }
    return new NodeFile(fd);
  },
  async look(path) {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : { kind: kindOf(stat), uid: stat.uid, mode: stat.mode & 0o7777 };
  },
  async mkdir(path) {
    fs.mkdirSync(path, { mode: 0o700 });
  },
  async list(path) {
    try {
      return fs.readdirSync(path, { withFileTypes: true }).map((entry) => [entry.name, kindOf(entry)] as const);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  async rename(from, to) {
    fs.renameSync(from, to);
  },
  async link(from, to) {
    fs.linkSync(from, to);
  },
  async unlink(path) {
    fs.unlinkSync(path);
  },
  async rmdir(path) {
    fs.rmdirSync(path);
  },
  async syncFolder(path) {
    const fd = fs.openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await called((done) => fs.fsync(fd, done));
    } finally {
      fs.closeSync(fd);
    }
  },
};

class NodeFile implements DiskFile {
  constructor(private readonly fd: number) {}

  async read(into: Uint8Array, position: number): Promise<number> {
    return fs.readSync(this.fd, into, 0, into.length, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return fs.writeSync(this.fd, bytes, 0, bytes.length, position);
  }

  sync(): Promise<void> {
    return called((done) => fs.fdatasync(this.fd, done));
  }

  async truncate(size: number): Promise<void> {
    fs.ftruncateSync(this.fd, size);
  }

  async size(): Promise<number> {
    return fs.fstatSync(this.fd).size;
  }

  async close(): Promise<void> {
    fs.closeSync(this.fd);
  }
}

/** All of `bytes`, however little the disk takes at a time. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const wrote = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (wrote === 0) throw Object.assign(new Error('the disk takes no more'), { code: 'ENOSPC' });
    done += wrote;
  }
}

function called(start: (done: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}

function kindOf(entry: fs.Stats | Dirent): FoundFile['kind'] {
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}
