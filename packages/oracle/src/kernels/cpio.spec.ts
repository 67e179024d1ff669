import { describe, expect, it } from '@jest/globals';
import { cpio } from './cpio.ts';

interface Read {
  readonly name: string;
  readonly mode: string;
  readonly device: readonly number[];
  readonly content: string;
}

/** Reads as init/initramfs.c does, which stops at the trailer. */
function read(
  archive: Buffer,
): { readonly members: readonly Read[]; readonly inodes: readonly number[]; readonly end: number } {
  const members: Read[] = [];
  const inodes: number[] = [];
  for (let at = 0;;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const fields = Array.from({ length: 13 }, (_, nr) =>
      parseInt(archive.toString('latin1', at + 6 + 8 * nr, at + 14 + 8 * nr), 16));
    const [inode, mode, , , , , length, , , major, minor, nameLength] = fields;
    const name = archive.toString('utf8', at + 110, at + 110 + nameLength - 1);
    const start = at + Math.ceil((110 + nameLength) / 4) * 4;
    at = start + Math.ceil(length / 4) * 4;
    if (name === 'TRAILER!!!') return { members, inodes, end: at };
    members.push({ name, mode: mode.toString(8), device: [major, minor],
      content: archive.toString('utf8', start, start + length) });
    inodes.push(inode);
  }
}

describe('an initramfs archive', () => {
  const archive = cpio([
    { name: 'dev', kind: 'folder' },
    { name: 'dev/console', kind: 'character-device', major: 5, minor: 1 },
    { name: 'init', kind: 'file', mode: 0o755, content: Buffer.from('hello') },
    { name: 'größe', kind: 'file', mode: 0o644, content: Buffer.alloc(0) },
  ]);

  it('holds folders, devices and files', () => {
    expect(read(archive).members).toEqual([
      { name: 'dev', mode: '40755', device: [0, 0], content: '' },
      { name: 'dev/console', mode: '20600', device: [5, 1], content: '' },
      { name: 'init', mode: '100755', device: [0, 0], content: 'hello' },
      { name: 'größe', mode: '100644', device: [0, 0], content: '' },
    ]);
  });

  it('has nothing behind the trailer', () => expect(read(archive).end).toBe(archive.length));

  // The kernel takes members with one inode number and several links for one file.
  it('has no inode twice', () => expect(new Set(read(archive).inodes).size).toBe(4));

  it('has this header for a file', () => {
    expect(cpio([{ name: 'a', kind: 'file', mode: 0o644, content: Buffer.from('xyz') }]).toString('latin1', 0, 116))
      .toBe(
        '070701' + '00000001' + '000081a4' + '00000000' + '00000000' + '00000001' + '00000000' + '00000003' + '00000000'
          + '00000000' + '00000000' + '00000000' + '00000002' + '00000000' + 'a\0' + 'xyz\0',
      );
  });
});
