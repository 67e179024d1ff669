/**
 * Which lanes to run when nobody says: those that the scenario's expectations name, else the config's, else the
 * breakage.
 */
import type { Scenario } from '@cowlab/scenario';
import { CompositionError } from './composition-error.ts';
import type { Workplace } from './workplace.ts';
import { type Lane, resolveLanes } from './lanes.ts';

/** Before pinned pages mattered, while they broke, and after the repair. */
export const DEFAULT_LANES = 'linux-5.7,linux-5.9-rc5,linux-5.9';

/**
 * @param flag lanes of the command line, which win over everything
 * @param scenario null for a recording
 * @throws CompositionError or PluginError
 */
export async function chooseLanes(
  flag: string | undefined,
  scenario: Scenario | null,
  { catalogue, policies }: Workplace,
): Promise<readonly Lane[]> {
  if (flag !== undefined) return resolveLanes(flag, catalogue);
  const named = new Map<string, number>();
  for (const { lanes, line } of scenario?.expects ?? []) {
    if (lanes !== '*') { for (const lane of lanes) if (!named.has(lane)) named.set(lane, line); }
  }
  if (named.size === 0) return resolveLanes(policies ?? DEFAULT_LANES, catalogue);
  const lanes: Lane[] = [];
  for (const [name, line] of named) {
    try {
      lanes.push({ ...(await resolveLanes(name, catalogue))[0], name });
    } catch (cause) {
      if (!(cause instanceof CompositionError)) throw cause;
      throw new CompositionError(`${scenario?.name}:${line}`, cause.problem,
        `${cause.mend}; or choose lanes with --policies`, { cause });
    }
  }
  return lanes;
}
