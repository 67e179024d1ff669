/** What keeps a campaign from going on, in one line: where, what, and what to do about it. */
export class CampaignError extends Error {
  override readonly name = 'CampaignError';

  constructor(readonly where: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(`${where}: ${problem}; ${mend}`, options);
  }
}
