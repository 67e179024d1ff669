/**
 * A mistake in what was asked to be put together: a lane that cannot be read, a policy nobody knows, a config file with
 * a slip in it. One line: where, what, and the mend. (A mistake inside a plugin is a PluginError.)
 */
export class CompositionError extends Error {
  readonly code = 'composition';
  constructor(readonly where: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(oneLine(`${where}: ${problem}; ${mend}`), options);
    this.name = 'CompositionError';
  }
}

/**
 * What somebody threw, cut down to its first line that says something: the message of an error is not always one line.
 */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error || hasMessage(cause) ? cause.message : String(cause);
  return oneLine(text.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? 'no reason given');
}

export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** Errors of another realm or another copy of a class are still errors. */
function hasMessage(cause: unknown): cause is { readonly message: string } {
  return typeof cause === 'object' && cause !== null && typeof (cause as { message?: unknown }).message === 'string';
}
