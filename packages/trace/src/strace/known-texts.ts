/** Short texts that stand in many lines (paths, names, errors): each is made once, and no piece is kept for it. */

/** By hash; a later text takes the place of an earlier one. */
const PLACES = 4096;
const LENGTH_MAX = 256;
const HASH = 31;

export class KnownTexts {
  private readonly known: string[] = new Array<string>(PLACES).fill('');
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  of(bytes: Uint8Array, from: number, to: number): string {
    if (to - from > LENGTH_MAX) return this.decoder.decode(bytes.subarray(from, to));
    let hash = to - from;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, HASH) + bytes[at]) | 0;
    const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
    const known = this.known[place];
    if (isTextAt(bytes, from, to, known)) return known;
    return (this.known[place] = this.decoder.decode(bytes.subarray(from, to)));
  }
}

/** Whether exactly these characters stand there. */
export function isTextAt(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false;
  for (let nr = 0; nr < text.length; nr++) if (bytes[from + nr] !== text.charCodeAt(nr)) return false;
  return true;
}
