/**
 * Which lanes to run when nobody says: those that the scenario's expectations name, else the config's, else the
 * breakage.
 */
import type { Expectation, Scenario } from '@cowlab/scenario';
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
  if (flag !== undefined) {
    const lanes = await resolveLanes(flag, catalogue);
    if (scenario !== null) await knowExpectedLanes(scenario, lanes.map(({ name }) => name), catalogue);
    return lanes;
  }
  const known = new Map<string, Lane>();
  if (scenario !== null) {
    for (const { name, line } of lanesIn(scenario.expects))
      known.set(name, await expectedLane(scenario, name, line, catalogue));
    await knowExpectedLanes(scenario, [...known.keys()], catalogue);
  }
  return known.size === 0 ? resolveLanes(policies ?? DEFAULT_LANES, catalogue) : [...known.values()];
}

/**
 * An expectation of a lane that does not exist would never be judged, and so hold for ever. `known`: lanes that are
 * called so on the command line.
 * @throws CompositionError with the line
 */
export async function knowExpectedLanes(
  scenario: Scenario,
  known: readonly string[],
  catalogue: Workplace['catalogue'],
): Promise<void> {
  for (const { name, line } of lanesIn([...scenario.expects, ...scenario.xfails]))
    if (!known.includes(name)) await expectedLane(scenario, name, line, catalogue);
}

function lanesIn(
  said: readonly Pick<Expectation, 'lanes' | 'line'>[],
): readonly { readonly name: string; readonly line: number }[] {
  const named = new Map<string, number>();
  for (const { lanes, line } of said)
    if (lanes !== '*') { for (const lane of lanes) if (!named.has(lane)) named.set(lane, line); }
  return [...named].map(([name, line]) => ({ name, line }));
}

async function expectedLane(
  { name: file }: Scenario,
  name: string,
  line: number,
  catalogue: Workplace['catalogue'],
): Promise<Lane> {
  try {
    return { ...(await resolveLanes(name, catalogue, 'data'))[0], name };
  } catch (cause) {
    if (!(cause instanceof CompositionError)) throw cause;
    throw new CompositionError(`${file}:${line}`, cause.problem, `${cause.mend}; or choose lanes with --policies`, {
      cause,
    });
  }
}
