/**
 * Arguments read from their bytes, as most lines print them: numbers, names, NULL, descriptors with their paths, strings.
 * They come to the same values as the text does. Of anything else it says no, and the text is read.
 */
import { BACKSLASH, BAR, COMMA, DOT, GREATER, isDigit, LESS, MINUS, NAMES, NINE, QUOTE, SPACE, X,
  ZERO } from './byte.ts';
import { isTextAt, type KnownTexts } from './known-texts.ts';
import { type Argument, AT_FDCWD, unescape, type Value } from './strace-value.ts';

/** More digits are no longer exact. */
const DECIMALS_MAX = 15;
const HEXADECIMALS_MAX = 13;
/** Numbers below that are made once. */
const SMALL = 1024;
/** Sets of names that were met lately, by hash. */
const PLACES = 1024;
const CONTROL = 0x20;
const LAST_PRINTED = 0x7e;
const HASH = 31;

interface Named {
  readonly text: string;
  readonly argument: Argument;
}

const intOf = (value: number): Argument => ({ name: null, value: { kind: 'int', value } });
const SMALL_INTS: readonly Argument[] = Array.from({ length: SMALL }, (_, value) => intOf(value));
const MINUS_ONE = intOf(-1);

export class ArgumentBytes {
  private readonly names: (Named | undefined)[] = new Array<Named | undefined>(PLACES).fill(undefined);
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private to = 0;

  constructor(private readonly texts: KnownTexts) {}

  /** Those that stand in [from, to), which the bracket ends or, of a first half, nothing; null: the text must be read. */
  read(bytes: Uint8Array, from: number, to: number): Argument[] | null {
    this.bytes = bytes;
    this.to = to;
    const args: Argument[] = [];
    for (let at = from;; at++) {
      while (at < to && bytes[at] === SPACE) at++;
      if (at >= to) return args;
      const argument = this.argument(at);
      if (argument === null) return null;
      args.push(argument);
      ({ at } = this);
      if (at === to) return args;
      if (bytes[at] !== COMMA) return null;
    }
  }

  private argument(at: number): Argument | null {
    const byte = this.bytes[at];
    if (byte >= ZERO && byte <= NINE) return this.number(at);
    if (byte === MINUS) return this.negative(at + 1);
    if (byte === QUOTE) return this.string(at + 1);
    return NAMES[byte] === 1 ? this.name(at) : null;
  }

  /** What is read ends there, as an argument does. */
  private ends(at: number): boolean {
    this.at = at;
    return at === this.to || this.bytes[at] === COMMA;
  }

  private number(start: number): Argument | null {
    const { bytes } = this;
    const isHex = bytes[start] === ZERO && bytes[start + 1] === X;
    let value = 0;
    let at = isHex ? start + 2 : start;
    const from = at;
    if (isHex) {
      for (;; at++) {
        const byte = bytes[at];
        const digit = byte >= ZERO && byte <= NINE ? byte - ZERO : byte >= 97 && byte <= 102 ? byte - 87 : -1;
        if (digit < 0) break;
        value = value * 16 + digit;
      }
      if (at === from || at - from > HEXADECIMALS_MAX) return null;
    } else {
      for (; isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - ZERO;
      // A leading 0 is octal.
      if (at - from > DECIMALS_MAX || (bytes[from] === ZERO && at - from > 1)) return null;
      if (bytes[at] === LESS && at < this.to) return this.descriptor(value, at);
    }
    if (!this.ends(at)) return null;
    return value < SMALL ? SMALL_INTS[value] : intOf(value);
  }

  private negative(from: number): Argument | null {
    const { bytes } = this;
    let value = 0;
    let at = from;
    for (; isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - ZERO;
    if (at === from || at - from > DECIMALS_MAX || bytes[from] === ZERO || !this.ends(at)) return null;
    return value === 1 ? MINUS_ONE : intOf(-value);
  }

  /** NULL, one name, or several with bars between them. */
  private name(start: number): Argument | null {
    const { bytes } = this;
    let hash = 0;
    let at = start;
    for (;; at++) {
      const byte = bytes[at];
      if (byte === BAR) {
        if (NAMES[bytes[at + 1]] === 0) return null;
      } else if (NAMES[byte] === 0) break;
      hash = (Math.imul(hash, HASH) + byte) | 0;
    }
    if (bytes[at] === LESS && at < this.to) {
      return isTextAt(bytes, start, at, 'AT_FDCWD') ? this.descriptor(AT_FDCWD, at) : null;
    }
    if (!this.ends(at)) return null;
    const place = hash & (PLACES - 1);
    const known = this.names[place];
    if (known !== undefined && isTextAt(bytes, start, at, known.text)) return known.argument;
    const text = this.texts.of(bytes, start, at);
    const value: Value = text === 'NULL' ? { kind: 'null' } : { kind: 'flags', names: text.split('|') };
    const argument: Argument = { name: null, value };
    this.names[place] = { text, argument };
    return argument;
  }

  /** `<path>` behind a number; of devices with another pair of brackets inside. */
  private descriptor(fd: number, from: number): Argument | null {
    const { bytes, to } = this;
    let depth = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte < CONTROL || byte > LAST_PRINTED || byte === BACKSLASH) return null;
      if (byte === LESS) depth++;
      else if (byte === GREATER && bytes[at - 1] !== MINUS && --depth === 0) {
        return this.ends(at + 1)
          ? { name: null, value: { kind: 'fd', fd, path: this.texts.of(bytes, from + 1, at) } }
          : null;
      }
    }
    return null;
  }

  private string(from: number): Argument | null {
    const { bytes, to } = this;
    let isEscaped = false;
    let at = from;
    for (; at < to && bytes[at] !== QUOTE; at++) {
      const byte = bytes[at];
      if (byte < CONTROL || byte > LAST_PRINTED) return null;
      if (byte === BACKSLASH) {
        isEscaped = true;
        at++;
      }
    }
    if (at >= to) return null;
    const cut = bytes[at + 1] === DOT && bytes[at + 2] === DOT && bytes[at + 3] === DOT;
    if (!this.ends(at + (cut ? 4 : 1))) return null;
    const text = this.texts.of(bytes, from, at);
    return { name: null, value: { kind: 'string', text: isEscaped ? unescape(text) : text, cut } };
  }
}
