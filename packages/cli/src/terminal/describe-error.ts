/** Whatever went wrong, as one line. Mistakes of the user carry their mend; anything else is ours and says so. */

/** By name and code, never `instanceof`: a plugin may have brought its own copy of a class. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(['UsageError', 'CompositionError', 'PluginError', 'PolicyError',
  'ScenarioError', 'ScheduleError', 'TraceError', 'LogError', 'SweepError', 'CommanderError']);

export function describeError(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const line = message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (name === 'PolicyError') return `${line}; mend the policy, nothing after this was run`;
  if (name === 'CommanderError') return `${line.replace(/^error: /, '')}; see cowlab --help`;
  if (KNOWN_NAMES.has(name)) return line;
  return `internal error: ${line}; COWLAB_DEBUG=1 shows where, please report it`;
}
