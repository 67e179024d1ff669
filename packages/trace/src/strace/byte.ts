/** Bytes by name, as far as strace's lines are made of them. */

export const [SPACE, QUOTE, OPEN, CLOSE, MINUS, DOT, ZERO, NINE, COLON, LESS, EQUALS, GREATER, QUESTION, BRACKET,
  UNBRACKET] = [
    ...' "()-.09:<=>?[]',
  ].map((char) => char.charCodeAt(0));
export const [COMMA, BACKSLASH, BRACE, UNBRACE, BAR, UNDERLINE, A, F, X, Z, UPPER_A, UPPER_Z] = [
  ...',\\{}|_afxzAZ',
].map((char) => char.charCodeAt(0));

/** What a byte is to a list of arguments. */
export const [PLAIN, SPACES, STRING, OPENS, CLOSES, NEXT, PATH] = [0, 1, 2, 3, 4, 5, 6];
export const KINDS = new Uint8Array(256);
KINDS[SPACE] = SPACES;
KINDS[QUOTE] = STRING;
KINDS[OPEN] = KINDS[BRACKET] = KINDS[BRACE] = OPENS;
KINDS[CLOSE] = KINDS[UNBRACKET] = KINDS[UNBRACE] = CLOSES;
KINDS[COMMA] = NEXT;
KINDS[LESS] = PATH;
export const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
/** Of the name of an error. */
export const isWord = (byte: number): boolean =>
  (byte >= UPPER_A && byte <= UPPER_Z) || isDigit(byte) || byte === UNDERLINE;

/** Of a flag, a constant, or a word of several cases. */
export const NAMES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) if (isWord(byte) || (byte >= A && byte <= Z)) NAMES[byte] = 1;
