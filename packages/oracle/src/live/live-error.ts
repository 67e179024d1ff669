/** Why the machine at hand cannot be asked, or stopped answering. One line: where, what, and the mend. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  constructor(readonly where: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(`${where}: ${problem}; ${mend}`, options);
  }
}
