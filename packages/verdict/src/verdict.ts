/**
 * Is this program's fork() safe with what it has registered: for each range, fork() and kernel, and in one sentence.
 * Silence is never taken for safety: what the recording could not have shown is worked out first.
 */
import type { Lane } from '@cowlab/composition';
import { parseAccesses, readPerfFaults, statesAll } from '@cowlab/trace';
import { type CostProfile, SHIPPED_COSTS } from './costs/profile.ts';
import { gates } from './coverage/gates.ts';
import { recordedBy, notShownOf } from './coverage/recorded.ts';
import { recordedKernel, recordedOn } from './coverage/recorded-on.ts';
import { type SampleCheck, checkSamples } from './coverage/samples.ts';
import { knownStores } from './coverage/known-stores.ts';
import { type Claim, claim, type KernelVerdict, type Lint, type Word, worse } from './hazards/claims.ts';
import { type Evidence, isHeldAt, namer } from './hazards/evidence.ts';
import { withoutOurFaults } from './hazards/judge-differences.ts';
import { judgeFaults } from './hazards/judge-faults.ts';
import { judgeHold, judgeTaken } from './hazards/judge-holds.ts';
import { judgeUnseen } from './hazards/judge-unseen.ts';
import { factsOf, type KernelFacts } from './hazards/kernel-facts.ts';
import { MAP_COUNT_MAX } from './hazards/ledger.ts';
import { lints } from './hazards/lint.ts';
import { refuseNoRecording } from './coverage/no-recording.ts';
import { type Replay, type ReplayInput, replayOn } from './replay/replay.ts';
import { sentenceOf } from './report/sentence.ts';
import type { Story } from './story/entities.ts';
import { listenTo, type Told } from './story/listener.ts';

export interface VerdictInput {
  readonly name: string;
  /** What strace wrote: its text, or what a `Listener` heard of one that is too long for that. */
  readonly strace: string | Told;
  /** perf script's page faults. */
  readonly faults?: string | undefined;
  /** Stated accesses; see trace. */
  readonly accesses?: string | undefined;
  /** The kernel it was recorded on, where somebody knows it. */
  readonly recordedOn?: string | undefined;
  /** The set of calls that strace was asked for, where the recorder tells. */
  readonly calls?: readonly string[];
  /** vm.max_map_count of the recorded machine. */
  readonly mapCountMax?: number | undefined;
  /** What the recorder found amiss with its own work. */
  readonly quality?: readonly string[];
}

export interface Verdict {
  readonly name: string;
  readonly sentence: string;
  readonly verdict: Word;
  readonly notShown: readonly string[];
  readonly kernels: readonly KernelVerdict[];
  readonly claims: readonly Claim[];
  readonly lints: readonly Lint[];
  readonly samples: SampleCheck | null;
  readonly evidence: Evidence;
  /** The recording carried out by the model of its kernel; null without any lane. */
  readonly replay: Replay | null;
  /** What any lane can carry out. */
  readonly replayInput: ReplayInput | null;
}

/** A recording that was read, before any kernel is asked. */
export interface OpenedRecording {
  readonly input: VerdictInput;
  readonly told: Told;
}

export interface VerdictOptions {
  /** The model of the kernel that was recorded; without one, the newest of the lanes is taken for it. */
  readonly recorded?: Lane | undefined;
  /** The same on machines of other settings, in case they explain the page faults better. */
  readonly variants?: readonly Lane[];
  /** Carry out the whole recording however long it is. */
  readonly audit?: boolean;
  /** What a fork() costs; by default on two machines that are shipped. */
  readonly costs?: readonly CostProfile[] | undefined;
  /** False: the model is not held against the recording. */
  readonly replay?: boolean;
}

/** @throws TraceError where the input is no recording at all */
export function openRecording(input: VerdictInput): OpenedRecording {
  const { name, strace, faults, accesses } = input;
  const told = typeof strace === 'string'
    ? listenTo(strace, name, faults !== undefined || accesses !== undefined)
    : strace;
  refuseNoRecording(told);
  return { input, told };
}

/** The newest of these kernels that can have made the recording; null where nothing tells. */
export function kernelOf({ input, told: { story } }: OpenedRecording, kernels: readonly string[]): string | null {
  return recordedKernel(story, input.recordedOn, kernels);
}

/** @throws TraceError where the input is no recording at all, and PluginError or CompositionError of the lanes */
export function verdictOn(
  given: VerdictInput | OpenedRecording,
  lanes: readonly Lane[],
  options: VerdictOptions = {},
): Verdict {
  const opened = 'told' in given ? given : openRecording(given);
  const { input, told } = opened;
  const { reading, story } = told;
  const samples = input.faults === undefined ? null : checkSamples(told, readPerfFaults(input.faults));
  const evidence = evidenceOf(opened, samples, options.costs ?? SHIPPED_COSTS);
  const facts = lanes.map(factsOf);
  const replayInput = replayInputOf(opened, samples, options);
  const replay = replayed(evidence, replayInput, lanes, options);
  const claims = judge(evidence, facts, replay);
  const kernels = facts.map(({ kernel }) => kernelVerdict(kernel, claims));
  const found = lints(evidence, facts);
  const notShown = [
    ...(input.quality ?? []),
    ...(samples?.refused === undefined || samples.refused === null
      ? []
      : [`page faults: the samples are refused: ${samples.refused}`]),
    ...(samples?.notes ?? []),
    ...notShownOf(story, evidence.recorded, reading, samples !== null && samples.refused === null),
    ...(replay?.refused === undefined || replay.refused === null
      ? []
      : [`whether the model does what the recorded kernel did: ${replay.refused}`]),
  ];
  const sentence = sentenceOf({ kernels, evidence, lints: found, samples, facts, replay });
  const verdict = kernels.reduce<Word>((worst, one) => worse(worst, one.verdict), 'SAFE');
  return { name: input.name, sentence, verdict, notShown, kernels, claims, lints: found, samples, evidence, replay,
    replayInput };
}

function replayed(
  { pageSize }: Evidence,
  input: ReplayInput | null,
  lanes: readonly Lane[],
  { recorded, variants = [], replay = true }: VerdictOptions,
): Replay | null {
  const lane = recorded ?? lanes.at(-1);
  if (lane === undefined || !replay) return null;
  const assumed = recorded === undefined;
  const refuse = (refused: string): Replay => ({ kernel: lane.name, assumed, refused, differences: [], audit: null });
  if (pageSize.bytes !== null) return refuse('its pages are not of 4 KiB');
  if (input === null) return refuse('it is too long to be carried out beside; --audit does');
  return replayOn(input, [lane, ...variants]);
}

/** Null: there are more records than were kept. */
function replayInputOf(
  { input, told: { reading, story, records } }: OpenedRecording,
  samples: SampleCheck | null,
  { recorded }: VerdictOptions,
): ReplayInput | null {
  if (records === null) return null;
  const unknown = new Set(story.tasks.filter(({ mm }) => hasUnknownPast(mm)).map(({ pid }) => pid));
  return { name: input.name.replace(/\.strace$/, ''), reading: { ...reading, records }, accesses: input.accesses,
    unknown, assumed: recorded === undefined,
    samples: samples === null || samples.refused !== null ? null : samples.samples };
}

const hasUnknownPast = ({ unknownPast, parent }: Story['mms'][number]): boolean =>
  unknownPast || (parent !== null && hasUnknownPast(parent));

function evidenceOf(
  { input, told: { reading, story, seen } }: OpenedRecording,
  samples: SampleCheck | null,
  costs: Evidence['costs'],
): Evidence {
  const stated = input.accesses === undefined ? [] : parseAccesses(input.accesses, `${input.name}.accesses`);
  const recorded = recordedBy({ story, seen }, input.calls);
  return {
    story,
    reading,
    seen,
    recorded,
    pageSize: seen.pageSizes.found,
    stores: [...story.stores, ...knownStores(reading, story, samples?.samples ?? [], stated)].sort((a, b) =>
      a.line - b.line
    ),
    statedAll: statesAll(input.accesses ?? ''),
    costs,
    mapCountMax: input.mapCountMax ?? MAP_COUNT_MAX,
    asRecorded: recordedOn(story, input.recordedOn),
    name: namer(story),
  };
}

function judge(evidence: Evidence, facts: readonly KernelFacts[], replay: Replay | null): Claim[] {
  const { story } = evidence;
  const claims = withoutOurFaults(story, replay, [
    ...gates(evidence),
    ...judgeFaults(evidence),
    ...judgeTaken(evidence),
    ...judgeUnseen(evidence),
    ...refusedAdvice(story),
    ...story.forks.flatMap((fork) =>
      story.holds.filter((hold) => hold.mm === fork.parent && isHeldAt(hold, fork.line))
        .flatMap((hold) => facts.flatMap((of) => judgeHold(evidence, hold, fork, of)))
    ),
  ]);
  // Where pages are counted wrongly, nothing that is said of them holds.
  return evidence.pageSize.bytes === null
    ? claims
    : claims.map((one) => (one.word === 'DEPENDS' ? one : { ...one, word: 'DEPENDS' }));
}

function refusedAdvice({ refused }: Story): Claim[] {
  return refused.slice(0, 1).map(({ line, errno, mappings }) =>
    claim({ word: 'DEPENDS', hazard: 'H3', weight: 67, lines: [line],
      why: `madvise() at line ${line} failed with ${errno} and no gap in its range: the limit of mappings `
        + `may be reached (about ${mappings} are in the recording), and the pages are not protected`,
      datum: 'the number of mappings then', command: 'wc -l /proc/PID/maps; sysctl vm.max_map_count',
      remedy: 'undo each MADV_DONTFORK by MADV_DOFORK, or drop the advice on kernels since 5.9' })
  );
}

function kernelVerdict(kernel: string, all: readonly Claim[]): KernelVerdict {
  const claims = all.filter((one) => one.kernel === null || one.kernel === kernel)
    .sort((a, b) => (a.word === b.word ? b.weight - a.weight : worse(a.word, b.word) === a.word ? -1 : 1));
  return { kernel, verdict: claims[0]?.word ?? 'SAFE', claims };
}
