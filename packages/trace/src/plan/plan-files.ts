/**
 * Files behind mappings, by the paths that strace -y prints. How large a file is, no call of the recording tells; it is
 * taken to reach as far as anybody maps it, so no access lies behind its end.
 */
import type { Command } from '@cowlab/core';
import type { MemoryCall } from '../calls/memory-call.ts';
import { pageOf, pagesUp, type Process } from '../space/shadow.ts';

interface KnownFile {
  readonly number: number;
  readonly shmem: boolean;
  nrPages: number;
}

export class PlanFiles {
  private readonly files = new Map<string, KnownFile>();
  private nameless = 0;

  /** `ring` numbers the io_uring instance behind a descriptor: all of them bear the same path. */
  of(call: Extract<MemoryCall, { type: 'mmap' }>, process: Process, ring: (fd: number) => number): number | null {
    if (call.fd === null) return null;
    const { fd, path } = call.fd;
    const end = pageOf(call.offset) + pagesUp(call.lengthBytes);
    if (path.includes('[io_uring]')) return this.grow(`ring ${ring(fd)}`, end, true);
    if (path !== '') return this.grow(path, end, /^\/(memfd:|dev\/shm\/|dev\/zero)/.test(path));
    // Without -y: a fixed mapping into one of a file is the loader placing that file's next segment; else a file
    // unseen.
    const below = call.flags.fixed && call.ret !== null ? process.mm.regions.find(pageOf(call.ret))?.file : null;
    const known = [...this.files].find(([, file]) => file.number === below);
    return this.grow(known?.[0] ?? `nameless ${++this.nameless}`, end, false);
  }

  /** The file of an image whose mappings were made by execve(). */
  ofImage(key: string, nrPages: number): number {
    return this.grow(key, nrPages, false);
  }

  /** A System V segment: every attacher maps the same pages. */
  ofSegment(shmid: number, nrPages: number): number {
    return this.grow(`segment ${shmid}`, nrPages, true);
  }

  /** To be executed before anything else. Contents tell files and pages apart. */
  commands(): Command[] {
    return [...this.files.values()].map(({ number, shmem, nrPages }) => ({
      type: 'CreateFile',
      file: number,
      kind: shmem ? 'memfd' : 'regular',
      nr: nrPages,
      base: (number * 16) % 256,
      step: 1,
    }));
  }

  private grow(key: string, nrPages: number, shmem: boolean): number {
    const file = this.files.get(key) ?? { number: this.files.size + 1, shmem, nrPages: 0 };
    file.nrPages = Math.max(file.nrPages, nrPages);
    this.files.set(key, file);
    return file.number;
  }
}
