/** What is uncertain about the kernels that lanes were named by goes to stderr, so that results can be piped. */
import { asciiLine } from '@cowlab/prose';
import type { Io } from './io.ts';

export function warnOfLanes(
  lanes: readonly { readonly name: string; readonly warnings?: readonly string[] }[],
  io: Io,
): void {
  for (const { name, warnings = [] } of lanes) {
    for (const text of warnings) io.stderr.write(`cowlab: ${name}: ${asciiLine(text)}\n`);
  }
}
