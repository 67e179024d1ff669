/** A mistake in how a sweep is written. One line: where, what, and the mend. */
export class SweepError extends Error {
  override readonly name = 'SweepError';
  constructor(readonly where: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(`${where}: ${problem}; ${mend}`, options);
  }
}
