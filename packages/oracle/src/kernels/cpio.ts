/**
 * An archive that the kernel unpacks into its first root file system: cpio with the header that is called newc, in
 * which every field is eight hexadecimal digits.
 * @kernel Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c
 */

export type CpioEntry =
  | { readonly name: string; readonly kind: 'folder' }
  | { readonly name: string; readonly kind: 'file'; readonly mode: number; readonly content: Uint8Array }
  | { readonly name: string; readonly kind: 'character-device'; readonly major: number; readonly minor: number };

/** Names without a leading slash; a folder comes before what lies in it. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, at) => {
    switch (entry.kind) {
      case 'folder':
        return member(entry.name, at + 1, S_IFDIR | 0o755, NOTHING);
      case 'file':
        return member(entry.name, at + 1, S_IFREG | entry.mode, entry.content);
      case 'character-device':
        return member(entry.name, at + 1, S_IFCHR | 0o600, NOTHING, [entry.major, entry.minor]);
    }
  });
  return Buffer.concat([...parts, member('TRAILER!!!', 0, 0, NOTHING)]);
}

const [S_IFDIR, S_IFREG, S_IFCHR] = [0o040000, 0o100000, 0o020000];
const NOTHING = new Uint8Array();

/** Header and name, then the content; each is padded to a multiple of four bytes. */
function member(name: string, inode: number, mode: number, content: Uint8Array, [major, minor] = [0, 0]): Buffer {
  const path = Buffer.from(`${name}\0`);
  const [uid, gid, nlink, mtime, devMajor, devMinor, checksum] = [0, 0, 1, 0, 0, 0, 0];
  const fields = [inode, mode, uid, gid, nlink, mtime, content.length, devMajor, devMinor, major, minor, path.length,
    checksum];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), path])), padded(content)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes], Math.ceil(bytes.length / 4) * 4);
}
