/** What a recorder can tell of its own failings, one sentence each. */
import { readStrace } from '@cowlab/trace';
import { link, type Snapshots } from './snapshots.ts';

const DRIFT_NANOS_MAX = 200_000n;

export interface Samples {
  readonly text: string;
  readonly nr: number;
  readonly lost: number;
}

export function qualityOf(
  strace: string,
  samples: Samples | string,
  drift: bigint | null,
  snapshots: Snapshots,
  attachedTo: number | null,
): string[] {
  return [...ofStrace(strace), ...ofSamples(samples), ...ofClocks(drift), ...ofProcesses(snapshots, attachedTo)];
}

function ofStrace(text: string): string[] {
  const { torn, unread } = readStrace(text, 'recording.strace');
  return [
    ...(torn === null
      ? []
      : [`the recorder was stopped within a line (line ${torn.line}): what came after is missing`]),
    ...(unread.length === 0
      ? []
      : [`${unread.length} lines of strace do not read, the first is line ${unread[0].line}`]),
  ];
}

function ofSamples(samples: Samples | string): string[] {
  if (typeof samples === 'string') return [`page faults: none were sampled: ${samples}`];
  if (samples.nr === 0) return ['page faults: perf took no sample'];
  return samples.lost === 0 ? [] : [`page faults: perf lost ${samples.lost} of ${samples.nr + samples.lost} samples`];
}

function ofClocks(drift: bigint | null): string[] {
  const far = drift !== null && (drift < 0n ? -drift : drift) > DRIFT_NANOS_MAX;
  return far ? [`the clocks of strace and perf moved by ${drift / 1000n} microseconds against each other`] : [];
}

function ofProcesses({ namespaces, pinned, buffers }: Snapshots, attachedTo: number | null): string[] {
  const ours = link('/proc/self/ns/pid');
  const others = [...namespaces].filter(([, namespace]) => namespace !== '' && namespace !== ours).map(([pid]) => pid);
  const held = [...pinned].map(([pid, kib]) => `pid ${pid}: ${kib} KiB`);
  return [
    ...(others.length === 0
      ? []
      : [`pids ${others.slice(0, 5).join(', ')} ran in another pid namespace, and bear other numbers there`]),
    ...(held.length === 0 ? [] : [`accounted as pinned at most (VmPin): ${held.slice(0, 8).join(', ')}`]),
    ...(attachedTo === null
      ? []
      : buffers.slice(0, 8).map(({ pid, fd, address, bytes }) =>
        `before it was attached to, pid ${pid} had registered ${bytes} bytes at ${address} with the ring of descriptor ${fd}`
      )),
  ];
}
