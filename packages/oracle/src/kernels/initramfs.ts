/** The first and only root file system of a guest: the agent, what starts it, and the programs. */
import { readFileSync } from 'node:fs';
import { LiveError } from '../live/live-error.ts';
import { cpio } from './cpio.ts';

export interface GuestFiles {
  /** Paths of binaries. */
  readonly init: string;
  readonly agent: string;
  /** Text of the programs; null: they are told later. */
  readonly programs: string | null;
}

/** @throws LiveError when a binary would not run where there is nothing else */
export function initramfs({ init, agent, programs }: GuestFiles): Buffer {
  return cpio([
    { name: 'dev', kind: 'folder' },
    // What the kernel gives its first process as stdin, stdout and stderr.
    { name: 'dev/console', kind: 'character-device', major: 5, minor: 1 },
    { name: 'proc', kind: 'folder' },
    { name: 'sys', kind: 'folder' },
    { name: 'tmp', kind: 'folder' },
    { name: 'init', kind: 'file', mode: 0o755, content: standalone(init) },
    { name: 'agent', kind: 'file', mode: 0o755, content: standalone(agent) },
    ...(programs === null
      ? []
      : [{ name: 'programs', kind: 'file', mode: 0o644, content: Buffer.from(programs) } as const]),
  ]);
}

function standalone(file: string): Buffer {
  const content = readFileSync(file);
  if (!asksForLoader(content)) return content;
  throw new LiveError(file, 'is not linked statically, and a guest has no libc',
    `install the static libc (libc6-dev has it on Debian, glibc-static elsewhere) and remove ${file}`);
}

/** Whether an ELF file of 64 bits names a dynamic loader: a program header of type PT_INTERP. See elf(5). */
function asksForLoader(elf: Buffer): boolean {
  const PT_INTERP = 3;
  const [start, size, nr] = [Number(elf.readBigUInt64LE(0x20)), elf.readUInt16LE(0x36), elf.readUInt16LE(0x38)];
  return Array.from({ length: nr }, (_, at) => elf.readUInt32LE(start + at * size)).includes(PT_INTERP);
}
