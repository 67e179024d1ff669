/** Does the model tell the truth? Recorded programs on the profile of the kernel that they were recorded on. */
import { compareReleases, type Conformance, conformSet, formatRecording, GoldenError, type Observation, parseRecording,
  type Recording, recordingHeader, reportingOf, type ZeroPage } from '@cowlab/oracle';
import { parsePrograms, type Program } from '@cowlab/scenario';
import type { Catalogue } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { compose } from '@cowlab/composition';
import { CompositionError } from '@cowlab/composition';
import { resolveLanes } from '@cowlab/composition';
import { onMachine } from '../on-machine.ts';
import { type Profiles, PROFILES } from '@cowlab/composition';

export interface ConformRequest {
  readonly set: string;
  readonly programs: readonly Program[];
  /** null: nothing to compare with; the programs are run for `onProgram` alone. */
  readonly recording: Recording | null;
  /** A release such as 6.12. */
  readonly kernel: string;
  /** Where profiles come from; the built-in ones by default. */
  readonly catalogue?: Catalogue;
  readonly onProgram?: (program: Program, observations: readonly Observation[], done: number) => void;
}

export interface KernelConformance extends Conformance {
  readonly kernel: string;
  readonly profile: string;
  /** Of the machine that was recorded. */
  readonly zeroPage: ZeroPage;
  /** What that adds to the profile, in words; null: nothing. */
  readonly machine: string | null;
}

/** @throws CompositionError or PluginError */
export async function conform(request: ConformRequest): Promise<KernelConformance> {
  const { set, programs, recording, kernel, onProgram } = request;
  const catalogue = request.catalogue ?? await openCatalogue({ cwd: process.cwd() });
  const profile = profileOf(kernel, catalogue.profiles);
  const zeroPage = recording?.zeroPage ?? 'mapped';
  const [named] = await resolveLanes(profile, catalogue);
  const { lane, machine } = onMachine(named, zeroPage, catalogue);
  const [lab] = compose([lane]);
  const { policy } = lab;
  const result = mended(() =>
    conformSet({ set, programs, recording, policy, reporting: reportingOf(kernel),
      ...(onProgram !== undefined && { onProgram }) })
  );
  return { ...result, kernel, profile, zeroPage, machine };
}

const RELEASE = /^linux-(\d+\.\d+.*)$/;

/**
 * `linux-K`, or the profile of the newest release that is not newer than K.
 * @throws CompositionError
 */
export function profileOf(kernel: string, profiles: Profiles = PROFILES): string {
  if (Object.hasOwn(profiles, `linux-${kernel}`)) return `linux-${kernel}`;
  if (!/^\d+\.\d+/.test(kernel))
    throw new CompositionError(`kernel ${kernel}`, 'is no release and has no profile',
      'name it by its release, such as 6.12');
  const releases = Object.keys(profiles).flatMap((name) => RELEASE.exec(name)?.[1] ?? []).sort(compareReleases);
  const nearest = releases.findLast((release) => compareReleases(release, kernel) <= 0);
  if (nearest === undefined)
    throw new CompositionError(`kernel ${kernel}`, 'is older than every profile', `the oldest is linux-${releases[0]}`);
  return `linux-${nearest}`;
}

/** @throws CompositionError */
export function readRecordingOfKernel(text: string, file: string): Recording {
  return mended(() => parseRecording(text, file));
}

/** @throws ScenarioError */
export function readPrograms(text: string, file: string): readonly Program[] {
  return parsePrograms(text, file);
}

/** What the model saw, in the format of the recordings. */
export function emittedRecording(
  { set, profile, zeroPage }: Pick<KernelConformance, 'set' | 'profile' | 'zeroPage'>,
  programs: Iterable<{ readonly id: string; readonly observations: readonly Observation[] }>,
): string {
  return formatRecording(recordingHeader({ kernel: profile, machine: 'cowlab', zeroPage }, set), programs);
}

function mended<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof GoldenError)) throw cause;
    throw new CompositionError(`${cause.file}:${cause.line}`, cause.wrong, cause.mend, { cause });
  }
}
