/**
 * What do other kernels do? Those of a distribution, fetched and booted under qemu, in the format of the recordings.
 */
import { formatRecording, recordingHeader } from '@cowlab/oracle';
import { type Accelerator, availableKernels, chooseKernel, type Distribution, distribution, type FetchedKernel,
  fetchedKernels, fetchKernels as fetchPackages, type KernelPackage, placeOf, recordKernel, seriesOf,
  whyNoGuest } from '@cowlab/oracle/kernels';
import { LiveError } from '@cowlab/oracle/live';
import { type MachineSettings, type Program, withSettings } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';

/** Where kernels come from and are kept. */
export interface KernelsRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Id of a distribution; null for that of this machine. */
  readonly from?: string | null;
  /** Ask the mirror though its lists are of today. */
  readonly refresh?: boolean;
  /** What is being done. */
  readonly onText?: (text: string) => void;
}

export interface KernelsAvailable {
  readonly distribution: string;
  readonly kernels: readonly KernelPackage[];
  /** What of the mirror's lists could not be had. */
  readonly complaints: readonly string[];
}

export interface KernelRecording {
  /** What its `uname -r` says. */
  readonly kernel: string;
  readonly accelerator: Accelerator;
  /** The recording. */
  readonly text: string;
  readonly nrPrograms: number;
}

export interface KernelRecordRequest extends Pick<KernelsRequest, 'env'> {
  readonly cpus?: number;
  readonly memoryMib?: number;
  /** Of the machine, for all programs that do not say otherwise. */
  readonly settings?: MachineSettings;
  readonly onProgram?: (done: number) => void;
}

/** What keeps kernels from being booted here, or null. */
export const whyNotBoot = whyNoGuest;

/** The oldest first. @throws CompositionError */
export function kernelsFetched(env: KernelsRequest['env']): readonly FetchedKernel[] {
  return mended(() => fetchedKernels(placeOf(env)));
}

/** @throws CompositionError */
export function kernelsAvailable(request: KernelsRequest): Promise<KernelsAvailable> {
  return mendedLater(async () => {
    const from = distribution(request.from ?? null);
    return { distribution: from.name, ...(await listOf(from, request)) };
  });
}

/**
 * Each of `releases` is a release, a version, a series or `newest`; all are found before one is fetched. @throws
 * CompositionError
 */
export function fetchKernels(releases: readonly string[], request: KernelsRequest): Promise<readonly FetchedKernel[]> {
  return mendedLater(async () => {
    const from = distribution(request.from ?? null);
    const { kernels } = await listOf(from, request);
    const chosen = releases.map((wanted) => {
      const kernel = chooseKernel(wanted, kernels);
      if (kernel === null)
        throw new LiveError(wanted, `${from.name} has no such kernel`,
          `it has ${[...new Set(kernels.map(seriesOf))].join(' ')}`);
      return kernel;
    });
    const packages = [...new Set(chosen)];
    request.onText?.(
      `fetching ${packages.map(({ version }) => version).join(' ')}, ${
        Math.ceil(packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6)
      } MB ...`,
    );
    return fetchPackages(packages, from, placeOf(request.env));
  });
}

/** `wanted` as for `fetchKernels`, among those that are fetched. @throws CompositionError */
export function kernelFetched(wanted: string, env: KernelsRequest['env']): FetchedKernel {
  const kernel = chooseKernel(wanted, kernelsFetched(env));
  if (kernel === null)
    throw new CompositionError(wanted, 'no such kernel is fetched', `fetch it: cowlab kernels fetch ${wanted}`);
  return kernel;
}

/** @throws CompositionError */
export function recordOnKernel(
  kernel: FetchedKernel,
  set: string,
  programs: readonly Program[],
  { env, cpus, memoryMib, settings = {}, onProgram }: KernelRecordRequest,
): Promise<KernelRecording> {
  return mendedLater(async () => {
    const guest = { ...(cpus !== undefined && { cpus }), ...(memoryMib !== undefined && { memoryMib }) };
    const asked = programs.map((program) => withSettings(program, settings));
    const recording = await recordKernel(kernel, asked, placeOf(env), guest, onProgram);
    const { kernel: release, accelerator, programs: recorded } = recording;
    return { kernel: release, accelerator, text: formatRecording(recordingHeader(recording, set, settings), recorded),
      nrPrograms: recorded.length };
  });
}

function listOf(
  from: Distribution,
  { env, refresh = false, onText }: KernelsRequest,
): ReturnType<typeof availableKernels> {
  return availableKernels(from, placeOf(env), { refresh, ...(onText !== undefined && { onText }) });
}

function mended<Value>(ask: () => Value): Value {
  try {
    return ask();
  } catch (cause) {
    throw cause instanceof LiveError ? new CompositionError(cause.where, cause.problem, cause.mend, { cause }) : cause;
  }
}

async function mendedLater<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    return mended(() => {
      throw cause;
    });
  }
}
