/** Whatever went wrong, as one line. Mistakes of the user carry their mend; anything else is ours and says so. */

import { nearestWord } from '@cowlab/prose';

/** By name and code, never `instanceof`: a plugin may have brought its own copy of a class. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(['UsageError', 'CompositionError', 'PluginError', 'PolicyError',
  'ScenarioError', 'ScheduleError', 'TraceError', 'LogError', 'WorldLimitError', 'SweepError', 'FrameAllocatorError',
  'CostClockError', 'LitmusError', 'JournalError', 'CampaignError', 'CommanderError']);

export function describeError(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const line = message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (name === 'PolicyError') return `${line}; ${meant(error)}mend the policy, nothing after this was run`;
  if (name === 'CommanderError') return `${line.replace(/^error: /, '')}; see cowlab --help`;
  if (KNOWN_NAMES.has(name)) return line;
  return `internal error: ${line}; COWLAB_DEBUG=1 shows where, please report it`;
}

/** The verdict that a hook may have meant. */
function meant(error: unknown): string {
  const { answered } = error as { answered?: { word: unknown; verdicts: readonly string[] } | null };
  const near = typeof answered?.word === 'string' ? nearestWord(answered.word, answered.verdicts) : null;
  return near === null ? '' : `did you mean '${near}'? `;
}
