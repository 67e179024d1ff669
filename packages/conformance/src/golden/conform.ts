/** Does the model tell the truth? Recorded programs on the profile of the kernel that they were recorded on. */
import { type Conformance, conformSet, formatRecording, GoldenError, type Observation, parseRecording, type Recording,
  recordingHeader, reportingOf, type ZeroPage } from '@cowlab/oracle';
import { FOLIO_SIZES, formatStep, type MachineSettings, parsePrograms, type Program,
  settingLines } from '@cowlab/scenario';
import { type Catalogue, compose, CompositionError, parseRelease, type Profiles, PROFILES, resolveKernel,
  resolveLanes } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { onMachine } from '../on-machine.ts';

export interface ConformRequest {
  readonly set: string;
  readonly programs: readonly Program[];
  /** null: nothing to compare with; the programs are run for `onProgram` alone. */
  readonly recording: Recording | null;
  /** A release such as 6.12. */
  readonly kernel: string;
  /** Where profiles come from; the built-in ones by default. */
  readonly catalogue?: Catalogue;
  /** Of the machine, where the recording does not say them. */
  readonly settings?: MachineSettings;
  readonly onProgram?: (program: Program, observations: readonly Observation[], done: number) => void;
}

export interface KernelConformance extends Conformance {
  readonly kernel: string;
  readonly profile: string;
  /** Of the machine that was recorded. */
  readonly zeroPage: ZeroPage;
  readonly settings: MachineSettings;
  /** What that adds to the profile, in words; null: nothing. */
  readonly machine: string | null;
  /** What the recording shows of its machine and does not say, in words; null: nothing. */
  readonly unsaid: string | null;
}

/** @throws CompositionError or PluginError */
export async function conform(request: ConformRequest): Promise<KernelConformance> {
  const { set, programs, kernel, onProgram } = request;
  const recording = request.recording === null ? null : withSettingsOf(request.recording, request.settings ?? {});
  const catalogue = request.catalogue ?? await openCatalogue({ cwd: process.cwd() });
  const profile = profileOf(kernel, catalogue.profiles);
  const zeroPage = recording?.zeroPage ?? 'mapped';
  const [named] = await resolveLanes(profile, catalogue);
  const { lane, machine } = onMachine(named, zeroPage, catalogue);
  const [lab] = compose([lane]);
  const { policy } = lab;
  const reporting = reportingOf(kernel);
  const result = mended(() =>
    conformSet({ set, programs, recording, policy, reporting, ...(onProgram !== undefined && { onProgram }) })
  );
  const under = (settings: MachineSettings): number =>
    conformSet({ set, programs, recording: recording === null ? null : { ...recording, settings }, policy, reporting })
      .divergences.length;
  return { ...result, kernel, profile, zeroPage, settings: recording?.settings ?? {}, machine,
    unsaid: recording === null ? null : unsaidOf(recording, programs, result, under) };
}

/** A recording knows best; older ones say nothing. */
const withSettingsOf = (recording: Recording, settings: MachineSettings): Recording =>
  settingLines(recording.settings).length > 0 ? recording : { ...recording, settings };

/** Where nobody asked for huge pages and the kernel shows large folios of anonymous memory, the machine was set to it. */
function unsaidOf(
  recording: Recording,
  programs: readonly Program[],
  { divergences }: Conformance,
  under: (settings: MachineSettings) => number,
): string | null {
  if (settingLines(recording.settings).length > 0) return null;
  const plain = new Set(programs.filter((program) => !asksForHuge(program)).map(({ id }) => id));
  const shows = divergences.some(({ program }) =>
    plain.has(program) && (recording.programs.get(program)?.observations ?? []).some(({ o }) => showsFolio(o))
  );
  if (!shows) return null;
  const fits = GUESSES.find((settings) => under(settings) === 0);
  const lines = fits === undefined ? null : settingLines(fits).join('; ');
  return 'it shows large folios that no program asked for, and its header says no settings: '
    + (lines === null ? "give --settings, such as 'mthp 64k always'" : `--settings '${lines}' explains all of it`);
}

/** What machines are most often set to. */
const GUESSES: readonly MachineSettings[] = [{ thp: 'always' },
  ...FOLIO_SIZES.map((size): MachineSettings => ({ mthp: { [size]: 'always' } }))];

const asksForHuge = ({ steps, settings }: Program): boolean =>
  settings !== undefined || steps.some((step) => /\b(?:huge|hugetlb|hugepage|collapse)\b/.test(formatStep(step)));

const showsFolio = (watched: Observation['o']): boolean =>
  Object.values(watched).some((regions) =>
    Object.values(regions).some((pages) =>
      pages.some((page) => Array.isArray(page) && /A.*T|T.*A/.test(String(page[3])))
    )
  );

/**
 * `linux-K` where there is one, else the profile that the kernel's name resolves to.
 * @throws CompositionError
 */
export function profileOf(kernel: string, profiles: Profiles = PROFILES): string {
  if (Object.hasOwn(profiles, `linux-${kernel}`)) return `linux-${kernel}`;
  const found = resolveKernel(kernel);
  if (found === null)
    throw new CompositionError(`kernel ${kernel}`, 'is no release and has no profile',
      'name it by its release, such as 6.12');
  if (found.range === 'older')
    throw new CompositionError(`kernel ${kernel}`, 'is older than every profile', `the oldest is ${found.profile}`);
  return found.profile;
}

/**
 * `label`: the set and the kernel that the file's name speaks of. A header that speaks of others is refused, for
 * what is
 * compared with the wrong kernel may well agree.
 * @throws CompositionError
 */
export function readRecordingOfKernel(
  text: string,
  file: string,
  label?: { readonly set: string; readonly kernel: string },
): Recording {
  const recording = mended(() => parseRecording(text, file));
  if (label === undefined) return recording;
  const wrong = mislabelled(recording, label);
  if (wrong !== null)
    throw new CompositionError(`${file}:1`, wrong,
      'name the file SET.KERNEL.jsonl as its header has them, or copy it again');
  return recording;
}

/** What the model is of. `cowlab`: what `--emit` writes. */
const MACHINES: readonly string[] = ['x86_64', 'cowlab'];

function mislabelled(
  { set, kernel, machine }: Recording,
  label: { readonly set: string; readonly kernel: string },
): string | null {
  if (set !== null && set !== label.set) return `its header is of the set '${set}', its name of '${label.set}'`;
  if (machine !== null && !MACHINES.includes(machine))
    return `it is of a machine '${machine}', and the model of x86_64`;
  return sameKernel(kernel, label.kernel) ? null : `its header is of kernel ${kernel}, its name of ${label.kernel}`;
}

/** `5.10` is a name for all of 5.10.y; a stable release in both must be the same one. */
function sameKernel(told: string, named: string): boolean {
  const [one, other] = [told, named].map((name) => resolveKernel(name)?.release ?? null);
  if (one === null || other === null) return told === named || told === `linux-${named}`;
  const [header, name] = [one, other].map(parseRelease);
  return header?.series === name?.series && header?.rc === name?.rc
    && (header?.stable === null || name?.stable === null || header?.stable === name?.stable);
}

/** @throws ScenarioError */
export function readPrograms(text: string, file: string): readonly Program[] {
  return parsePrograms(text, file);
}

/** What the model saw, in the format of the recordings. */
export function emittedRecording(
  { set, profile, zeroPage, settings = {} }:
    & Pick<KernelConformance, 'set' | 'profile' | 'zeroPage'>
    & Partial<Pick<KernelConformance, 'settings'>>,
  programs: Iterable<{ readonly id: string; readonly observations: readonly Observation[] }>,
): string {
  return formatRecording(recordingHeader({ kernel: profile, machine: 'cowlab', zeroPage }, set, settings), programs);
}

function mended<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof GoldenError)) throw cause;
    throw new CompositionError(`${cause.file}:${cause.line}`, cause.wrong, cause.mend, { cause });
  }
}
