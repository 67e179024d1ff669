/**
 * A line of strace read from its bytes: the head, the name of the call, and what the call came to. Only what is written
 * as strace writes it is read here; of everything else it says no, and the line is read as text, with more patience.
 */
import { A, BACKSLASH, BRACKET, CLOSE, CLOSES, COLON, DOT, EQUALS, F, GREATER, isDigit, isWord, KINDS, LESS, MINUS,
  NEXT, OPEN, OPENS, PATH, PLAIN, QUESTION, QUOTE, SPACE, STRING, UNBRACKET, UNDERLINE, UPPER_A, UPPER_Z, X, Z,
  ZERO } from './byte.ts';
import { hashOf } from './call-names.ts';
import type { PidStyle, TimeStyle } from './strace-line.ts';

/** More digits are no longer exact. */
const DECIMALS_MAX = 15;
const HEXADECIMALS_MAX = 13;
const PID_DIGITS_MAX = 7;

export class LineBytes {
  bytes: Uint8Array = new Uint8Array(0);
  end = 0;
  pid = 0;
  pids: PidStyle = 'no pid';
  times: TimeStyle = 'none';
  micros = 0;
  /** Where what follows the head begins. */
  rest = 0;
  nameEnd = 0;
  nameHash = 0;
  /** The bracket that closes the arguments. */
  close = 0;
  ret: number | null = null;
  /** Bounds of what -y prints of a returned descriptor, inside its brackets; empty if there is none. */
  pathFrom = 0;
  pathTo = 0;
  errnoFrom = 0;
  errnoTo = 0;
  /** -T; -1 if it is not there. */
  durationMicros = -1;
  private at = 0;

  /** Who and when. */
  head(from: number, end: number): boolean {
    this.end = end;
    this.at = from;
    this.skipSpaces();
    if (!this.who()) return false;
    this.skipSpaces();
    if (!this.when()) return false;
    // -n and -i print a number in brackets each.
    while (this.bytes[this.at] === BRACKET) {
      while (this.at < end && this.bytes[this.at] !== UNBRACKET) this.at++;
      if (this.bytes[++this.at] !== SPACE) return false;
      this.at++;
    }
    this.rest = this.at;
    return this.at < end;
  }

  /** A call that begins: its name, up to its bracket. */
  name(from = this.rest): boolean {
    const { bytes } = this;
    let hash = 0;
    let at = from;
    for (; at < this.end; at++) {
      const byte = bytes[at];
      if (!((byte >= A && byte <= Z) || byte === UNDERLINE || (isDigit(byte) && at > from))) break;
      hash = hashOf(hash, byte);
    }
    this.nameEnd = at;
    this.nameHash = hash;
    return at > from;
  }

  /** Whether the call is printed to its end, and what it came to. */
  result(): boolean {
    const { bytes } = this;
    let end = this.end;
    this.durationMicros = -1;
    if (bytes[end - 1] === GREATER) {
      const before = this.duration(end);
      if (before > 0) end = before;
    }
    let equals = end - 2;
    while (equals > this.nameEnd
      && (bytes[equals] !== EQUALS || bytes[equals + 1] !== SPACE || bytes[equals - 1] !== SPACE)) equals--;
    if (equals <= this.nameEnd) return false;
    this.close = equals - 1;
    while (bytes[this.close] === SPACE) this.close--;
    return bytes[this.close] === CLOSE && this.value(equals + 2, end);
  }

  /** So many arguments stand between the brackets, if nothing but arguments does; -1 if more does. */
  arguments(): number {
    return this.list(this.nameEnd + 1, this.close, 0);
  }

  /** It ends as the first of two halves does, and nothing but arguments is before that. */
  isHalf(): boolean {
    const end = this.end - UNFINISHED.length;
    return end > this.nameEnd && this.isAt(UNFINISHED, end) && this.list(this.nameEnd + 1, end, DEPTH_MAX) >= 0;
  }

  /** Between a name that is resumed and the bracket that closes the call are arguments alone. */
  isRest(): boolean {
    return this.list(this.nameEnd + RESUMED.length, this.close, 0) >= 0;
  }

  /** `<... NAME resumed>`: the name is then the call's, and what follows begins behind it. */
  resumes(): boolean {
    const { bytes, rest } = this;
    if (bytes[rest] !== LESS || bytes[rest + 1] !== DOT || bytes[rest + 4] !== SPACE) return false;
    if (!this.name(rest + 5) || !this.isAt(RESUMED, this.nameEnd)) return false;
    return true;
  }

  /** The first argument is a descriptor of a device or of /proc, as -y prints it. */
  ofDevice(): boolean {
    const { bytes } = this;
    let at = this.nameEnd + 1;
    while (isDigit(bytes[at])) at++;
    return this.isAt(DEV, at) || this.isAt(PROC, at);
  }

  private who(): boolean {
    const { bytes } = this;
    this.pids = 'no pid';
    this.pid = 0;
    const bracketed = this.isAt(PID, this.at);
    if (bracketed) {
      this.at += PID.length;
      this.skipSpaces();
    }
    const start = this.at;
    const number = this.digits();
    if (bytes[this.at] === LESS) { while (this.at < this.end && bytes[this.at++] !== GREATER); }
    if (bracketed) {
      if (this.at === start || bytes[this.at] !== UNBRACKET || bytes[this.at + 1] !== SPACE) return false;
      this.at++;
      this.pids = '[pid N]';
    } else if (this.at > start && this.at - start <= PID_DIGITS_MAX && bytes[this.at] === SPACE) this.pids = 'a pid';
    else if (this.at > start && bytes[this.at - 1] === GREATER) return false;
    else {
      this.at = start;
      return true;
    }
    this.pid = number;
    return number < 10 ** PID_DIGITS_MAX;
  }

  private when(): boolean {
    const { bytes } = this;
    this.times = 'none';
    this.micros = 0;
    const start = this.at;
    if (!isDigit(bytes[start])) return true;
    const whole = this.digits();
    const length = this.at - start;
    if (bytes[this.at] === DOT && length <= 11) {
      const decimals = this.at + 1;
      const isEpoch = length >= 9;
      this.micros = whole * 1e6 + this.fraction();
      this.times = isEpoch ? 'epoch' : 'relative';
      if (!isEpoch && this.at - decimals < 3) return false;
    } else if (bytes[this.at] === COLON && length === 2) {
      this.micros = ((whole * 60 + this.two()) * 60 + this.two()) * 1e6;
      this.times = 'seconds';
      if (bytes[this.at] === DOT) {
        this.times = 'day';
        this.micros += this.fraction();
      }
    } else return false;
    if (bytes[this.at] !== SPACE) return false;
    this.skipSpaces();
    return !Number.isNaN(this.micros);
  }

  /** `:NN` */
  private two(): number {
    const from = ++this.at;
    const value = this.digits();
    return this.bytes[from - 1] === COLON && this.at - from === 2 ? value : NaN;
  }

  /** `.NNN`, in millionths. */
  private fraction(): number {
    const from = ++this.at;
    let value = 0;
    for (; isDigit(this.bytes[this.at]); this.at++)
      if (this.at - from < 6) value = value * 10 + this.bytes[this.at] - ZERO;
    for (let nr = this.at - from; nr < 6; nr++) value *= 10;
    return this.at - from > 9 || this.at === from ? NaN : value;
  }

  private digits(): number {
    let value = 0;
    for (; isDigit(this.bytes[this.at]); this.at++) value = value * 10 + this.bytes[this.at] - ZERO;
    return value;
  }

  private skipSpaces(): void {
    while (this.bytes[this.at] === SPACE) this.at++;
  }

  /** ` <0.000012>` at the end: where it begins, or -1. */
  private duration(end: number): number {
    let at = end - 2;
    while (isDigit(this.bytes[at]) || this.bytes[at] === DOT) at--;
    if (this.bytes[at] !== LESS || this.bytes[at - 1] !== SPACE) return -1;
    this.at = at + 1;
    const seconds = this.digits();
    if (this.bytes[this.at] !== DOT || this.at === at + 1) return -1;
    const micros = this.fraction();
    if (this.at !== end - 1 || Number.isNaN(micros)) return -1;
    this.durationMicros = seconds * 1e6 + micros;
    return at - 1;
  }

  private value(from: number, end: number): boolean {
    const { bytes } = this;
    this.at = from;
    this.pathFrom =
      this.pathTo =
      this.errnoFrom =
      this.errnoTo =
        0;
    if (!this.number()) return false;
    if (bytes[this.at] === LESS && !this.path(end)) return false;
    if (this.at === end) return true;
    if (bytes[this.at] !== SPACE) return false;
    const word = ++this.at;
    if (bytes[word] >= UPPER_A && bytes[word] <= UPPER_Z) {
      while (isWord(bytes[this.at]) && this.at < end) this.at++;
      this.errnoFrom = word;
      this.errnoTo = this.at;
      if (this.at === end) return true;
      if (bytes[this.at++] !== SPACE) return false;
    }
    return bytes[this.at] === OPEN && bytes[end - 1] === CLOSE && end - 1 > this.at;
  }

  private number(): boolean {
    const { bytes } = this;
    if (bytes[this.at] === QUESTION) {
      this.at++;
      this.ret = null;
      return true;
    }
    const isNegative = bytes[this.at] === MINUS;
    if (isNegative) this.at++;
    const from = this.at;
    if (bytes[from] === ZERO && bytes[from + 1] === X && !isNegative) {
      this.at += 2;
      let value = 0;
      for (;; this.at++) {
        const byte = bytes[this.at];
        const digit = isDigit(byte) ? byte - ZERO : byte >= A && byte <= F ? byte - A + 10 : -1;
        if (digit < 0) break;
        value = value * 16 + digit;
      }
      this.ret = value;
      return this.at > from + 2 && this.at - from - 2 <= HEXADECIMALS_MAX;
    }
    const value = this.digits();
    this.ret = isNegative ? -value : value;
    const length = this.at - from;
    // A leading 0 is octal.
    return length > 0 && length <= DECIMALS_MAX && (length === 1 || bytes[from] !== ZERO);
  }

  private path(end: number): boolean {
    let depth = 0;
    for (this.pathFrom = this.at + 1; this.at < end; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === LESS) depth++;
      else if (byte === GREATER && this.bytes[this.at - 1] !== MINUS && --depth === 0) {
        this.pathTo = this.at++;
        return true;
      }
    }
    return false;
  }

  /** Arguments from here to there; -1 if brackets or strings in them do not close. */
  private list(from: number, to: number, depthMax: number): number {
    const { bytes } = this;
    let depth = 0;
    let nr = 0;
    let isEmpty = true;
    for (let at = from; at < to; at++) {
      const kind = KINDS[bytes[at]];
      if (kind === PLAIN) isEmpty = false;
      else if (kind === STRING) {
        isEmpty = false;
        at = this.stringEnd(at, to);
        if (at === to) return -1;
      } else if (kind === OPENS) {
        isEmpty = false;
        depth++;
      } else if (kind === CLOSES) {
        if (--depth < 0) return -1;
      } else if (kind === NEXT && depth === 0) nr++;
      else if (kind === PATH) {
        while (at < to && bytes[at] !== GREATER) at++;
        if (at === to || bytes[at - 1] === MINUS) return -1;
      }
    }
    return depth > depthMax ? -1 : isEmpty ? 0 : nr + 1;
  }

  private stringEnd(from: number, to: number): number {
    for (let at = from + 1; at < to; at++) {
      if (this.bytes[at] === BACKSLASH) at++;
      else if (this.bytes[at] === QUOTE) return at;
    }
    return to;
  }

  private isAt(wanted: Uint8Array, at: number): boolean {
    for (let nr = 0; nr < wanted.length; nr++) if (this.bytes[at + nr] !== wanted[nr]) return false;
    return true;
  }
}

const DEPTH_MAX = 32;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const PID = bytesOf('[pid ');
const UNFINISHED = bytesOf(' <unfinished ...>');
const RESUMED = bytesOf(' resumed>');
const DEV = bytesOf('</dev/');
const PROC = bytesOf('</proc/');
