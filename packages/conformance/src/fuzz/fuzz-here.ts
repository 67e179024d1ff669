/** Random programs on the kernel of this machine and on the model, under one lane. */
import { existsSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Traits } from '@cowlab/core';
import { reportingOf } from '@cowlab/oracle';
import { fuzz, type FuzzFinding, type FuzzProgress, type FuzzReport, type Judge, judgeThreads, judgeUnder, knownCells,
  LiveKernel, type SavedFinding, savedFinding } from '@cowlab/oracle/fuzz';
import type { FuzzKinds } from '@cowlab/oracle';
import { LiveError } from '@cowlab/oracle/live';
import type { Catalogue } from '@cowlab/composition';
import { compose } from '@cowlab/composition';
import { CompositionError } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';
import { profileOf } from '../golden/conform.ts';
import { resolveLanes } from '@cowlab/composition';

export interface FuzzRequest {
  readonly cwd: string;
  readonly seed: number;
  readonly kinds: FuzzKinds;
  readonly programs: number | readonly number[];
  readonly secondsMax: number;
  readonly findingsMax: number;
  /** A lane; null: the profile of the kernel of this machine. */
  readonly lane: string | null;
  /** Threads that judge beside this one, 0: this one does. null: as many as are of use. */
  readonly workers: number | null;
  readonly onProgress?: (progress: FuzzProgress) => void;
  readonly onFinding?: (finding: FuzzFinding, save: (command: string) => SavedFinding) => void;
}

export interface FuzzHere extends FuzzReport {
  /** Name of the lane. */
  readonly profile: string;
  readonly workers: number;
  /** From the first program to the last finding. */
  readonly seconds: number;
}

/** @throws CompositionError when this machine cannot be asked, PluginError, PolicyError */
export async function fuzzHere(request: FuzzRequest): Promise<FuzzHere> {
  const { catalogue } = await openWorkplace(request.cwd);
  const lane = request.lane ?? profileOf(release(), catalogue.profiles);
  const { name, judge: here, traits } = await laneJudge(lane, catalogue);
  const threads = await threadsFor(request, lane);
  const judge: Judge = threads?.judge ?? ((asked) => new Promise((resolve) => resolve(here(asked))));
  try {
    const kernel = await LiveKernel.open();
    try {
      const { onFinding, ...settings } = request;
      const begun = performance.now();
      const report = await fuzz({ ...settings, judge, cells: knownCells(traits, request.kinds), onFinding: (finding) =>
        onFinding?.(finding, (command) =>
          savedFinding(finding, { command, release: kernel.release, profile: name })) }, kernel);
      return { ...report, profile: name, workers: threads?.nr ?? 0, seconds: (performance.now() - begun) / 1000 };
    } finally {
      await kernel.close();
    }
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    throw new CompositionError(cause.where, cause.problem, cause.mend, { cause });
  } finally {
    await threads?.close();
  }
}

/**
 * The model under one lane, as it judges what the kernel of this machine did.
 * @throws CompositionError or PluginError
 */
export async function laneJudge(
  text: string,
  catalogue: Catalogue,
): Promise<{ readonly name: string; readonly judge: ReturnType<typeof judgeUnder>; readonly traits: Traits }> {
  const lanes = await resolveLanes(text, catalogue);
  if (lanes.length > 1)
    throw new CompositionError(`lanes '${text}'`, `are ${lanes.length}`,
      'name one: a kernel is compared with one model');
  const [lab] = compose(lanes);
  const { policy } = lab.kernel;
  return { name: lanes[0].name, judge: judgeUnder(policy, reportingOf(release())), traits: policy.traits };
}

/** Beside this file once it is built; from sources this thread judges. */
const THREAD = new URL('./fuzz-thread.js', import.meta.url);

async function threadsFor(
  { cwd, workers }: FuzzRequest,
  lane: string,
): Promise<{ readonly judge: Judge; readonly nr: number; close(): Promise<void> } | null> {
  // The agent keeps one CPU busy, this thread reads what it says.
  const nr = workers ?? Math.min(WORKERS_MAX, availableParallelism() - 2);
  if (nr <= 0 || !existsSync(fileURLToPath(THREAD))) return null;
  return { ...await judgeThreads(THREAD, nr, { cwd, lane } satisfies ThreadData), nr };
}

/** More than the agent can keep busy. */
const WORKERS_MAX = 4;

export interface ThreadData {
  readonly cwd: string;
  readonly lane: string;
}
