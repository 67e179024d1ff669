/**
 * Whether the zero page is mapped is a fact of a machine, beside the release of its kernel: the live agent finds it
 * out,
 * recordings say it where it is not as usual, and the model has a trait for it.
 */
import type { Traits } from '@cowlab/core';
import { type MachineSettings, settingLines } from '@cowlab/scenario';

export type ZeroPage = Traits['zeroPage'];

const UNUSUAL: readonly unknown[] = ['by-split', 'forbidden'] satisfies ZeroPage[];

/**
 * As the header of a recording says it, which says nothing where the zero page is mapped; null: nobody knows what it
 * says.
 */
export function zeroPageIn(said: unknown): ZeroPage | null {
  if (said === undefined) return 'mapped';
  return UNUSUAL.includes(said) ? (said as ZeroPage) : null;
}

/** The header of what was recorded of a kernel. */
export function recordingHeader(
  { kernel, machine, zeroPage }: { readonly kernel: string; readonly machine: string; readonly zeroPage: ZeroPage },
  set: string,
  settings: MachineSettings = {},
): Readonly<Record<string, string | readonly string[]>> {
  const lines = settingLines(settings);
  return { kernel, machine, set, ...(zeroPage !== 'mapped' && { zeropage: zeroPage }),
    ...(lines.length > 0 && { settings: lines }) };
}

/** As reports say it; null where it is as usual. */
export function zeroPageText(zeroPage: ZeroPage): string | null {
  return zeroPage === 'mapped'
    ? null
    : `this kernel maps no zero page${zeroPage === 'by-split' ? ' but by the split of a THP' : ''}`;
}
