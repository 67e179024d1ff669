/** Plain ustar archives of a few files, packed and read in one piece. */

const BLOCK = 512;
const NAME_MAX = 100;
const encoder = new TextEncoder();
const decoder = new TextDecoder('latin1');

/** @throws RangeError for a name that ustar has no room for */
export function packTar(files: Iterable<readonly [name: string, bytes: Uint8Array]>, seconds: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [name, bytes] of files) {
    pieces.push(headerOf(name, bytes.length, seconds), bytes, new Uint8Array(-bytes.length & (BLOCK - 1)));
  }
  return Buffer.concat([...pieces, new Uint8Array(2 * BLOCK)]);
}

function headerOf(name: string, size: number, seconds: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(encoder.encode(text), at);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  if (encoder.encode(name).length > NAME_MAX) throw new RangeError(`${name} is too long a name for an archive`);
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(Math.floor(seconds), 11));
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\u000000');
  put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Null: no archive. What is cut off at the end is left out. */
export function tarMembers(bytes: Uint8Array): Map<string, Uint8Array> | null {
  if (!isTar(bytes)) return null;
  const members = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const text = (from: number, length: number): string =>
      decoder.decode(bytes.subarray(at + from, at + from + length)).replace(/\0.*$/s, '').trim();
    const [name, size] = [text(0, NAME_MAX), Number.parseInt(text(124, 12), 8)];
    if (name === '' || !Number.isSafeInteger(size) || size < 0) break;
    const start = at + BLOCK;
    if (start + size > bytes.length) break;
    members.set(name, bytes.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return members;
}

export const isTar = (bytes: Uint8Array): boolean => decoder.decode(bytes.subarray(257, 262)) === 'ustar';
