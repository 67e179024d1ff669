/**
 * Is this program's fork() safe with what it has registered: for each range, fork() and kernel, and in one sentence.
 * Silence is never taken for safety: what the recording could not have shown is worked out first.
 */
import type { Lane } from '@cowlab/composition';
import { parseAccesses, readPerfFaults, statesAll } from '@cowlab/trace';
import { gates } from './coverage/gates.ts';
import { recordedBy, notShownOf } from './coverage/recorded.ts';
import { recordedOn } from './coverage/recorded-on.ts';
import { type SampleCheck, checkSamples } from './coverage/samples.ts';
import { knownStores } from './coverage/known-stores.ts';
import { type Claim, claim, type KernelVerdict, type Lint, type Word, worse } from './hazards/claims.ts';
import { type Evidence, isHeldAt, namer } from './hazards/evidence.ts';
import { judgeFaults } from './hazards/judge-faults.ts';
import { judgeHold, judgeTaken } from './hazards/judge-holds.ts';
import { judgeUnseen } from './hazards/judge-unseen.ts';
import { factsOf, type KernelFacts } from './hazards/kernel-facts.ts';
import { lints } from './hazards/lint.ts';
import { refuseNoRecording } from './coverage/no-recording.ts';
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
}

/** @throws TraceError where the input is no recording at all, and PluginError or CompositionError of the lanes */
export function verdictOn(input: VerdictInput, lanes: readonly Lane[]): Verdict {
  const { name, strace, faults, accesses } = input;
  const told = typeof strace === 'string'
    ? listenTo(strace, name, faults !== undefined || accesses !== undefined)
    : strace;
  refuseNoRecording(told);
  const { reading, story } = told;
  const samples = faults === undefined ? null : checkSamples(told, readPerfFaults(faults));
  const evidence = evidenceOf(input, told, samples);
  const facts = lanes.map(factsOf);
  const claims = judge(evidence, facts);
  const kernels = facts.map(({ kernel }) => kernelVerdict(kernel, claims));
  const found = lints(evidence, facts);
  const notShown = [
    ...(samples?.refused === undefined || samples.refused === null
      ? []
      : [`page faults: the samples are refused: ${samples.refused}`]),
    ...(samples?.notes ?? []),
    ...notShownOf(story, evidence.recorded, reading, samples !== null && samples.refused === null),
  ];
  const sentence = sentenceOf({ kernels, evidence, lints: found, samples, facts });
  const verdict = kernels.reduce<Word>((worst, one) => worse(worst, one.verdict), 'SAFE');
  return { name, sentence, verdict, notShown, kernels, claims, lints: found, samples, evidence };
}

function evidenceOf(input: VerdictInput, { reading, story, seen }: Told, samples: SampleCheck | null): Evidence {
  const stated = input.accesses === undefined ? [] : parseAccesses(input.accesses, `${input.name}.accesses`);
  const recorded = recordedBy({ story, seen });
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
    asRecorded: recordedOn(story, input.recordedOn),
    name: namer(story),
  };
}

function judge(evidence: Evidence, facts: readonly KernelFacts[]): Claim[] {
  const { story } = evidence;
  const claims = [
    ...gates(evidence),
    ...judgeFaults(evidence),
    ...judgeTaken(evidence),
    ...judgeUnseen(evidence),
    ...refusedAdvice(story),
    ...story.forks.flatMap((fork) =>
      story.holds.filter((hold) => hold.mm === fork.parent && isHeldAt(hold, fork.line))
        .flatMap((hold) => facts.flatMap((of) => judgeHold(evidence, hold, fork, of)))
    ),
  ];
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
