/**
 * The arguments of one syscall as strace prints them, read into a small tree.
 *
 * strace's output is made for eyes and has no grammar of its own: besides C-like values there are wait statuses,
 * signal sets, `makedev(…)` and more. What a memory model needs is read exactly; other well-bracketed text becomes
 * `other`, so that an unknown ioctl does not cost the whole recording. One pass, no backtracking, bounded nesting.
 */

export type Value =
  /** Exact up to 2^53; a larger one (a kernel address, ULONG_MAX) is the nearest double. */
  | { readonly kind: 'int'; readonly value: number }
  /** `PROT_READ|PROT_WRITE`, and also a single name: `MADV_DONTNEED`. Bits without a name stay text: `0x3000`. */
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  /** Bytes as code points 0–255. `cut` when strace printed only the beginning (`"abc"...`). */
  | { readonly kind: 'string'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'struct'; readonly fields: readonly Argument[] }
  | { readonly kind: 'array'; readonly items: readonly Value[] }
  | { readonly kind: 'fd'; readonly fd: number; readonly path: string }
  /** `before => after`: the kernel wrote into what was passed (clone3's parent_tid). */
  | { readonly kind: 'changed'; readonly before: Value; readonly after: Value }
  | { readonly kind: 'null' }
  | { readonly kind: 'other'; readonly text: string };

/** An argument or a struct's field; strace names fields always and arguments sometimes (`flags=…` in clone). */
export interface Argument {
  readonly name: string | null;
  readonly value: Value;
}

/** Says no. `column` is an index into the text that was given. */
export type Refuse = (what: string, column: number) => never;

/** Deeper nesting than any structure of the kernel's interface; it keeps a hostile text from exhausting the stack. */
const NESTING_MAX = 32;

/**
 * Reads from just behind `(` to just behind its `)`. With `open`, the text is the first half of an unfinished call and
 * may end anywhere between two values.
 */
export function parseArguments(
  text: string,
  from: number,
  open: boolean,
  refuse: Refuse,
): { readonly args: readonly Argument[]; readonly next: number } {
  const cursor: Cursor = { text, at: from, open, depth: 0, refuse };
  const args = list(cursor, CLOSE);
  return { args, next: cursor.at };
}

/** Decodes strace's backslash escapes, as they stand in strings and in the paths of descriptors. */
export function unescape(text: string): string {
  let at = text.indexOf('\\');
  if (at < 0) return text;
  let plain = '';
  let from = 0;
  while (at >= 0 && at + 1 < text.length) {
    plain += text.slice(from, at);
    const digits = octalsAt(text, at + 1);
    if (digits > 0) {
      plain += String.fromCharCode(parseInt(text.slice(at + 1, at + 1 + digits), 8) & 0xff);
      from = at + 1 + digits;
    } else if (text[at + 1] === 'x' && isHex(text.charCodeAt(at + 2)) && isHex(text.charCodeAt(at + 3))) {
      plain += String.fromCharCode(parseInt(text.slice(at + 2, at + 4), 16));
      from = at + 4;
    } else {
      plain += ESCAPES[text[at + 1]] ?? text[at + 1];
      from = at + 2;
    }
    at = text.indexOf('\\', from);
  }
  return plain + text.slice(from);
}

/** So many octal digits stand there, of three at most. */
function octalsAt(text: string, from: number): number {
  let nr = 0;
  while (nr < 3 && text.charCodeAt(from + nr) >= 48 && text.charCodeAt(from + nr) <= 55) nr++;
  return nr;
}

const isHex = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 97 && code <= 102);

/** The number a text of digits stands for: hexadecimal, octal with a leading 0 (file modes), or decimal. */
export function integer(text: string): number {
  return /^-?0[0-7]+$/.test(text) ? parseInt(text, 8) : Number(text);
}

/** The index behind the `>` that closes the `<` at `from`, or -1. Sockets show `->` inside, devices another `<…>`. */
export function annotationEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && text[at - 1] !== '-' && --depth === 0) return at + 1;
  }
  return -1;
}

interface Cursor {
  readonly text: string;
  readonly open: boolean;
  readonly refuse: Refuse;
  at: number;
  depth: number;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f', a: '\x07', b: '\b' };
const [SPACE, QUOTE, CLOSE, COMMA, DOT, SLASH, ZERO, NINE, EQUALS, GREATER, BRACKET, BACKSLASH, UNBRACKET, UNDERLINE,
  BRACE, BAR, UNBRACE, X] = [...' "),./09=>[\\]_{|}x'].map((char) => char.charCodeAt(0));
/** As \w of a pattern. */
const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= ZERO && code <= NINE) || (code >= 65 && code <= 90) || code === UNDERLINE;
const WORD = /-?\w+(?:<<\w+)?(?:\|-?\w+(?:<<\w+)?)*/y;
const INTEGER = /^-?(?:0x[0-9a-f]+|\d+)$/;
export const AT_FDCWD = -100;

function list(cursor: Cursor, close: number): Argument[] {
  if (++cursor.depth > NESTING_MAX) cursor.refuse(`values nest deeper than ${NESTING_MAX}`, cursor.at);
  const { text } = cursor;
  const items: Argument[] = [];
  for (;;) {
    skipSpaces(cursor);
    if (text.charCodeAt(cursor.at) === close) {
      cursor.at++;
      break;
    }
    if (cursor.at >= text.length && cursor.open) break;
    const nameEnd = fieldNameEnd(text, cursor.at);
    const name = nameEnd < 0 ? null : text.slice(cursor.at, nameEnd);
    if (nameEnd >= 0) cursor.at = nameEnd + 1;
    items.push({ name, value: value(cursor) });
    const next = text.charCodeAt(cursor.at);
    if (next === COMMA) cursor.at++;
    else if (next !== close && !(cursor.open && cursor.at >= text.length)) {
      cursor.refuse(`a ${quoteless(close)} is missing`, cursor.at);
    }
  }
  cursor.depth--;
  return items;
}

/** Where the `=` of a `name=` is, or -1: `==` and `=>` are none. */
function fieldNameEnd(text: string, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  if (code >= ZERO && code <= NINE) return -1;
  while (isWord(code) || (code === DOT && at > from)) code = text.charCodeAt(++at);
  if (code !== EQUALS || at === from) return -1;
  const next = text.charCodeAt(at + 1);
  return next === EQUALS || next === GREATER ? -1 : at;
}

function value(cursor: Cursor): Value {
  skipSpaces(cursor);
  const start = cursor.at;
  let result = atom(cursor);
  skipComment(cursor);
  if (result === null || !atBoundary(cursor)) {
    skipToBoundary(cursor);
    result = { kind: 'other', text: cursor.text.slice(start, cursor.at).trim() };
    if (result.text === '') cursor.refuse('a value is missing', cursor.at);
  }
  if (!isArrow(cursor)) return result;
  cursor.at += 2;
  if (++cursor.depth > NESTING_MAX) cursor.refuse(`values nest deeper than ${NESTING_MAX}`, cursor.at);
  const after = value(cursor);
  cursor.depth--;
  return { kind: 'changed', before: result, after };
}

function atom(cursor: Cursor): Value | null {
  switch (cursor.text.charCodeAt(cursor.at)) {
    case QUOTE:
      return string(cursor);
    case BRACE:
      cursor.at++;
      return { kind: 'struct', fields: list(cursor, UNBRACE) };
    case BRACKET:
      cursor.at++;
      return { kind: 'array', items: list(cursor, UNBRACKET).map((item) => item.value) };
    default:
      return plain(cursor) ?? word(cursor);
  }
}

/** A number that ends there, or a name or several: most values. Null where more must be looked at. */
function plain(cursor: Cursor): Value | null {
  const code = cursor.text.charCodeAt(cursor.at);
  return code >= ZERO && code <= NINE ? plainNumber(cursor) : plainNames(cursor);
}

/** So many digits are exact. */
const DECIMALS_MAX = 15;
const HEXADECIMALS_MAX = 13;

function plainNumber(cursor: Cursor): Value | null {
  const { text, at: start } = cursor;
  const isHex = text.charCodeAt(start + 1) === X;
  const from = isHex ? start + 2 : start;
  let found = 0;
  let at = from;
  for (;; at++) {
    const code = text.charCodeAt(at);
    const digit = code >= ZERO && code <= NINE ? code - ZERO : isHex && code >= 97 && code <= 102 ? code - 87 : -1;
    if (digit < 0) break;
    found = found * (isHex ? 16 : 10) + digit;
  }
  const length = at - from;
  // Octal begins with a 0.
  const isOctal = !isHex && length > 1 && text.charCodeAt(start) === ZERO;
  if (length === 0 || length > (isHex ? HEXADECIMALS_MAX : DECIMALS_MAX) || isOctal) return null;
  if (!isEnd(text.charCodeAt(at))) return null;
  cursor.at = at;
  return { kind: 'int', value: found };
}

function plainNames(cursor: Cursor): Value | null {
  const { text } = cursor;
  let at = cursor.at;
  let code = text.charCodeAt(at);
  for (; isWord(code) || code === BAR; code = text.charCodeAt(++at)) {
    if (code === BAR && (!isWord(text.charCodeAt(at + 1)) || at === cursor.at)) return null;
  }
  if (at === cursor.at || !isEnd(code)) return null;
  const names = text.slice(cursor.at, at);
  cursor.at = at;
  return known.get(names) ?? remembered(names);
}

/** The same few sets of names stand in most lines: one value does for all of them. */
const known = new Map<string, Value>();
const KNOWN_MAX = 4096;

function remembered(text: string): Value {
  // Of its own, so that no line is kept for it.
  const names = text.split('|').map((name) => ` ${name}`.slice(1));
  const found: Value = text === 'NULL' ? { kind: 'null' } : { kind: 'flags', names };
  if (known.size < KNOWN_MAX) known.set(names.join('|'), found);
  return found;
}

function word(cursor: Cursor): Value | null {
  const text = take(cursor, WORD);
  if (text === null) return null;
  if (text === 'NULL') return { kind: 'null' };
  const isInteger = INTEGER.test(text);
  if (cursor.text[cursor.at] === '<' && (isInteger || text === 'AT_FDCWD')) {
    const end = annotationEnd(cursor.text, cursor.at);
    if (end < 0) cursor.refuse('the path of a descriptor is not closed', cursor.at);
    const path = unescape(cursor.text.slice(cursor.at + 1, end - 1));
    cursor.at = end;
    if (cursor.text.startsWith('(deleted)', end)) cursor.at += '(deleted)'.length;
    return { kind: 'fd', fd: isInteger ? integer(text) : AT_FDCWD, path };
  }
  return isInteger ? { kind: 'int', value: integer(text) } : { kind: 'flags', names: text.split('|') };
}

function string(cursor: Cursor): Value {
  const start = cursor.at;
  skipString(cursor);
  const text = unescape(cursor.text.slice(start + 1, cursor.at - 1));
  const cut = cursor.text.startsWith('...', cursor.at);
  if (cut) cursor.at += 3;
  return { kind: 'string', text, cut };
}

function skipString(cursor: Cursor): void {
  const { text, at: start } = cursor;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) {
      cursor.at = at + 1;
      return;
    }
  }
  cursor.refuse('a string is not closed', start);
}

/** Leaves the cursor at the `,`, closing bracket or `=>` that ends the value it stands in. */
function skipToBoundary(cursor: Cursor): void {
  let depth = 0;
  while (cursor.at < cursor.text.length && (depth > 0 || !atBoundary(cursor))) {
    const char = cursor.text[cursor.at] ?? '';
    if (char === '"') {
      skipString(cursor);
      continue;
    }
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    cursor.at++;
  }
}

function atBoundary(cursor: Cursor): boolean {
  return isEnd(cursor.text.charCodeAt(cursor.at)) || isArrow(cursor);
}

/** Whatever ends a value, the end of the text included. */
const isEnd = (code: number): boolean =>
  code === COMMA || code === CLOSE || code === UNBRACKET || code === UNBRACE || Number.isNaN(code);

const isArrow = ({ text, at }: Cursor): boolean =>
  text.charCodeAt(at) === EQUALS && text.charCodeAt(at + 1) === GREATER;

function skipComment(cursor: Cursor): void {
  skipSpaces(cursor);
  if (cursor.text.charCodeAt(cursor.at) !== SLASH || !cursor.text.startsWith('/*', cursor.at)) return;
  const end = cursor.text.indexOf('*/', cursor.at + 2);
  if (end < 0) cursor.refuse('a comment is not closed', cursor.at);
  cursor.at = end + 2;
  skipSpaces(cursor);
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.at) === SPACE) cursor.at++;
}

function take(cursor: Cursor, pattern: RegExp): string | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

const quoteless = (close: number): string => `"," or "${String.fromCharCode(close)}"`;
