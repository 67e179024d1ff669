/** Where an exception was thrown, as its stack tells: the first place that is not of this package. */

const FRAME = /(?:\((.+):(\d+):(\d+)\)|at (?:async )?([^\s(]+):(\d+):(\d+))$/;

/** `FILE:LINE:COLUMN`; null where the stack does not tell, or tells of the model only. */
export function placeOf(cause: unknown): string | null {
  for (const { file, line, column } of framesOf(cause)) {
    if (!file.startsWith(OURS) && !file.startsWith('node:')) return `${file}:${line}:${column}`;
  }
  return null;
}

function* framesOf(cause: unknown): Generator<{ file: string; line: string; column: string }> {
  const { stack } = cause instanceof Error ? cause : {};
  if (typeof stack !== 'string') return;
  for (const text of stack.split('\n')) {
    const [, inside, line, column, bare, bareLine, bareColumn] = FRAME.exec(text) ?? [];
    const file = inside ?? bare;
    if (file !== undefined)
      yield { file: file.replace(/^file:\/\//, ''), line: line ?? bareLine, column: column ?? bareColumn };
  }
}

/** The folder of this package, or, where it was bundled, the bundle: the hooks in it are not told apart. */
const [{ file: HERE } = { file: 'nowhere' }] = framesOf(new Error('here'));
const OURS = HERE.replace(/policy\/thrown-at\.[jt]s$/, '');
