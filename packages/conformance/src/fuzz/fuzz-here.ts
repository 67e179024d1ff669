/** Random programs on the kernel of this machine, or on a guest's, and on the model, under one lane. */
import { existsSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Traits } from '@cowlab/core';
import { type FuzzKinds, reportingOf, type ZeroPage } from '@cowlab/oracle';
import { fuzz, type FuzzFinding, type FuzzProgress, type FuzzReport, GuestKernel, type Judge, judgeThreads, judgeUnder,
  knownCells, LiveKernel, type OpenKernel, type SavedFinding, savedFinding,
  type TakenProgram } from '@cowlab/oracle/fuzz';
import { placeOf } from '@cowlab/oracle/kernels';
import { LiveError } from '@cowlab/oracle/live';
import type { MachineSettings } from '@cowlab/scenario';
import { type Catalogue, compose, CompositionError, type Lane, resolveLanes } from '@cowlab/composition';
import { type Asked, openWorkplace } from '@cowlab/composition/node';
import { profileOf } from '../golden/conform.ts';
import { kernelFetched } from '../kernels/kernels.ts';
import { onMachine } from '../on-machine.ts';

export interface FuzzRequest {
  readonly cwd: string;
  /** What the command line asks for by name. */
  readonly asked?: Asked;
  readonly seed: number;
  readonly kinds: FuzzKinds;
  /** Of the machine, for all programs. */
  readonly settings?: MachineSettings;
  readonly programs: number | readonly number[];
  readonly secondsMax: number;
  readonly findingsMax: number;
  /** A fetched kernel that is asked, under qemu, as for `kernelFetched`; null: the kernel of this machine. */
  readonly guest?: { readonly wanted: string; readonly env: Readonly<Record<string, string | undefined>> } | null;
  /** A lane; null: the profile of the kernel that is asked. */
  readonly lane: string | null;
  /** Threads that judge beside this one, 0: this one does. null: as many as are of use. */
  readonly workers: number | null;
  /** Of a run that was cut, by number. */
  readonly known?: ReadonlyMap<number, TakenProgram>;
  readonly onProgram?: (taken: TakenProgram) => void;
  readonly onProgress?: (progress: FuzzProgress) => void;
  readonly onFinding?: (finding: FuzzFinding, save: (command: string) => SavedFinding) => void;
}

export interface FuzzHere extends FuzzReport {
  /** Name of the lane. */
  readonly profile: string;
  /** What the machine adds to it, in words; null: nothing. */
  readonly machine: string | null;
  readonly workers: number;
  /** From the first program to the last finding. */
  readonly seconds: number;
}

/** @throws CompositionError when this machine cannot be asked, PluginError, PolicyError */
export async function fuzzHere(request: FuzzRequest): Promise<FuzzHere> {
  const { catalogue } = await openWorkplace(request.cwd, request.asked);
  const { guest = null } = request;
  const fetched = guest === null ? null : kernelFetched(guest.wanted, guest.env);
  const lane = request.lane ?? profileOf(versionOf(fetched), catalogue.profiles);
  // Whoever names a lane wrongly need not wait for the kernel.
  await oneLane(lane, catalogue);
  let kernel: OpenKernel | null = null;
  let threads: Threads | null = null;
  try {
    const swap = request.kinds === 'swap';
    kernel = fetched === null || guest === null
      ? await LiveKernel.open({ swap })
      : await GuestKernel.open(fetched, placeOf(guest.env), { swap });
    const { release: asked, zeroPage } = kernel;
    const version = versionOf(fetched);
    const { name, machine, judge: here, traits } = await laneJudge(lane, catalogue, zeroPage, version);
    threads = await threadsFor(request, { cwd: request.cwd, asked: request.asked ?? {}, lane, zeroPage, version });
    const judge: Judge = threads?.judge ?? ((one) => new Promise((resolve) => resolve(here(one))));
    const { onFinding, ...settings } = request;
    const begun = performance.now();
    const report = await fuzz({ ...settings, judge,
      cells: knownCells(traits, request.kinds, Object.values(request.settings?.mthp ?? {}).some((mode) =>
        mode !== 'never'
      )), onFinding: (finding) =>
        onFinding?.(finding, (command) => savedFinding(finding, { command, release: asked, profile: name, machine })) },
      kernel);
    return { ...report, profile: name, machine, workers: threads?.nr ?? 0,
      seconds: (performance.now() - begun) / 1000 };
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    throw new CompositionError(cause.where, cause.problem, cause.mend, { cause });
  } finally {
    await kernel?.close();
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
  zeroPage: ZeroPage = 'mapped',
  version = release(),
): Promise<LaneJudge> {
  const { lane, machine } = onMachine(await oneLane(text, catalogue), zeroPage, catalogue);
  const [lab] = compose([lane]);
  const { policy } = lab;
  return { name: lane.name, machine, judge: judgeUnder(policy, reportingOf(version)), traits: policy.traits };
}

export interface LaneJudge {
  readonly name: string;
  /** What the machine adds to it, in words; null: nothing. */
  readonly machine: string | null;
  readonly judge: ReturnType<typeof judgeUnder>;
  readonly traits: Traits;
}

/** By its sources: what a distribution calls a kernel does not tell its stable release. */
const versionOf = (fetched: { readonly version: string } | null): string => fetched?.version ?? release();

async function oneLane(text: string, catalogue: Catalogue): Promise<Lane> {
  const lanes = await resolveLanes(text, catalogue);
  if (lanes.length > 1)
    throw new CompositionError(`lanes '${text}'`, `are ${lanes.length}`,
      'name one: a kernel is compared with one model');
  return lanes[0];
}

interface Threads {
  readonly judge: Judge;
  readonly nr: number;
  close(): Promise<void>;
}

/** Beside this file once it is built; from sources this thread judges. */
const THREAD = new URL('./fuzz-thread.js', import.meta.url);

async function threadsFor({ workers }: FuzzRequest, data: ThreadData): Promise<Threads | null> {
  // The agent keeps one CPU busy, this thread reads what it says.
  const nr = workers ?? Math.min(WORKERS_MAX, availableParallelism() - 2);
  if (nr <= 0 || !existsSync(fileURLToPath(THREAD))) return null;
  return { ...await judgeThreads(THREAD, nr, data), nr };
}

/** More than the agent can keep busy. */
const WORKERS_MAX = 4;

export interface ThreadData {
  readonly cwd: string;
  readonly asked?: Asked;
  readonly lane: string;
  /** Of the machine that is asked. */
  readonly zeroPage: ZeroPage;
  /** Of the kernel that is asked, as 6.1.176 or as its uname -r says. */
  readonly version?: string;
}
