/** The list of `cowlab kernels`: a line a kernel, the oldest first. */
import { type FetchedKernel, newestOfSeries } from '@cowlab/oracle/kernels';
import type { KernelsAvailable } from '@cowlab/conformance';

export function kernelsText(
  fetched: readonly FetchedKernel[],
  available: KernelsAvailable | null,
  { all }: { readonly all: boolean },
): string {
  const here = new Set(fetched.map(({ release }) => release));
  const parts = [
    fetched.length === 0
      ? 'No kernel is fetched.\n'
      : `Fetched:\n${table(fetched.map(({ version, release, distribution }) => [version, release, distribution]))}`,
  ];
  if (available !== null) {
    const shown = all ? available.kernels : newestOfSeries(available.kernels);
    const hidden = available.kernels.length - shown.length;
    parts.push(`\n${available.distribution} has${all ? '' : ', the newest of each series'}:\n`, table(
      shown.map((
        { version, release, sizeBytes },
      ) => [version, release, here.has(release) ? 'fetched' : `${Math.ceil(sizeBytes / 1e6)} MB`]),
    ), hidden > 0 ? `and ${hidden} older ones, which --all lists\n` : '');
  }
  return parts.join('');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd() + '\n'
  ).join('');
}
