/** Bytes as text and back, in browsers and in Node alike. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Pieces of text this long are joined at the end: one string of a million small additions is slow. */
const PIECE_BYTES = 3 * 8192;

export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    let piece = '';
    for (let i = start; i < Math.min(start + PIECE_BYTES, bytes.length); i += 3) {
      const three = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      piece += DIGITS[three >> 18] + DIGITS[(three >> 12) & 63];
      piece += i + 1 < bytes.length ? DIGITS[(three >> 6) & 63] : '=';
      piece += i + 2 < bytes.length ? DIGITS[three & 63] : '=';
    }
    pieces.push(piece);
  }
  return pieces.join('');
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError('not base 64');
  const values = new Uint8Array(128);
  for (let i = 0; i < 64; i++) values[DIGITS.charCodeAt(i)] = i;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4) {
    const four = (values[text.charCodeAt(i)] << 18) | (values[text.charCodeAt(i + 1)] << 12)
      | (values[text.charCodeAt(i + 2) & 127] << 6) | values[text.charCodeAt(i + 3) & 127];
    bytes[at++] = four >> 16;
    if (at < bytes.length) bytes[at++] = (four >> 8) & 255;
    if (at < bytes.length) bytes[at++] = four & 255;
  }
  return bytes;
}
