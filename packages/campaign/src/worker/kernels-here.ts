/** Which kernels a worker can ask: this machine's own, and those that are fetched, under qemu. */
import { release } from 'node:os';
import { kernelsFetched, whyNotBoot } from '@cowlab/conformance';
import { seriesOf } from '@cowlab/oracle/kernels';
import { whyNotLive } from '@cowlab/oracle/live';

/** Series such as 5.10, oldest first. */
export function kernelsHere(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const own = whyNotLive() === null && process.geteuid?.() === 0 ? [release()] : [];
  const guests = whyNotBoot() === null ? kernelsFetched(env).map((kernel) => kernel.version) : [];
  const series = [...own, ...guests].map((version) => seriesOf({ release: version, version }));
  return [...new Set(series)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
