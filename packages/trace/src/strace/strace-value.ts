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
  const args = list(cursor, ')');
  return { args, next: cursor.at };
}

/** Decodes strace's backslash escapes, as they stand in strings and in the paths of descriptors. */
export function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|[^])/g, (_, code: string) => {
    if (/^x./.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    return ESCAPES[code] ?? code;
  });
}

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
const FIELD_NAME = /[A-Za-z_][\w.]*=(?![=>])/y;
const WORD = /-?\w+(?:<<\w+)?(?:\|-?\w+(?:<<\w+)?)*/y;
const INTEGER = /^-?(?:0x[0-9a-f]+|\d+)$/;
const AT_FDCWD = -100;

function list(cursor: Cursor, close: string): Argument[] {
  if (++cursor.depth > NESTING_MAX) cursor.refuse(`values nest deeper than ${NESTING_MAX}`, cursor.at);
  const items: Argument[] = [];
  for (;;) {
    skipSpaces(cursor);
    if (cursor.text[cursor.at] === close) {
      cursor.at++;
      break;
    }
    if (cursor.at >= cursor.text.length && cursor.open) break;
    items.push({ name: take(cursor, FIELD_NAME)?.slice(0, -1) ?? null, value: value(cursor) });
    if (cursor.text[cursor.at] === ',') cursor.at++;
    else if (cursor.text[cursor.at] !== close && !(cursor.open && cursor.at >= cursor.text.length)) {
      cursor.refuse(`a ${quoteless(close)} is missing`, cursor.at);
    }
  }
  cursor.depth--;
  return items;
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
  if (!cursor.text.startsWith('=>', cursor.at)) return result;
  cursor.at += 2;
  if (++cursor.depth > NESTING_MAX) cursor.refuse(`values nest deeper than ${NESTING_MAX}`, cursor.at);
  const after = value(cursor);
  cursor.depth--;
  return { kind: 'changed', before: result, after };
}

function atom(cursor: Cursor): Value | null {
  switch (cursor.text[cursor.at]) {
    case '"':
      return string(cursor);
    case '{':
      cursor.at++;
      return { kind: 'struct', fields: list(cursor, '}') };
    case '[':
      cursor.at++;
      return { kind: 'array', items: list(cursor, ']').map((item) => item.value) };
    default:
      return word(cursor);
  }
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
  const start = cursor.at;
  for (let at = start + 1; at < cursor.text.length; at++) {
    if (cursor.text[at] === '\\') at++;
    else if (cursor.text[at] === '"') {
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
  const char = cursor.text[cursor.at];
  return char === undefined || ',)]}'.includes(char) || cursor.text.startsWith('=>', cursor.at);
}

function skipComment(cursor: Cursor): void {
  skipSpaces(cursor);
  if (!cursor.text.startsWith('/*', cursor.at)) return;
  const end = cursor.text.indexOf('*/', cursor.at + 2);
  if (end < 0) cursor.refuse('a comment is not closed', cursor.at);
  cursor.at = end + 2;
  skipSpaces(cursor);
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at++;
}

function take(cursor: Cursor, pattern: RegExp): string | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

function quoteless(close: string): string {
  return close === ')' ? '"," or ")"' : `"," or "${close}"`;
}
