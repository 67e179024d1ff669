/** The report of `cowlab conform`, to be pasted into a mail. */
import { type Cause, causesOf, type Divergence } from '@cowlab/oracle';
import type { KernelConformance } from '@cowlab/conformance';
import { count, paragraph, table } from '@cowlab/prose';

/** Divergences of one cause that are told in full; the rest are counted, and --json has them all. */
const SHOWN_MAX = 5;

export function conformText(results: readonly KernelConformance[], emitted: string | undefined): string[] {
  const compared = results.filter(({ nrRecorded }) => nrRecorded > 0);
  const total = (of: (result: KernelConformance) => number): number =>
    compared.reduce((sum, result) => sum + of(result), 0);
  const diverging = total(({ divergences }) => divergences.length);
  return [
    ...table(
      ['set', 'kernel', 'profile', 'programs', 'recorded', 'same', 'diverge'],
      results.map((
        { set, kernel, profile, nrPrograms, nrRecorded, nrSame, divergences },
      ) => [set, kernel, profile, String(nrPrograms), String(nrRecorded), String(nrSame), String(divergences.length)]),
      ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    ),
    ...results.flatMap((
      { set, kernel, machine },
    ) => (machine === null ? [] : ['', ...paragraph(`${set} on ${kernel}: ${machine}.`)])),
    ...results.flatMap((
      { set, kernel, unsaid },
    ) => (unsaid === null ? [] : ['', ...paragraph(`${set} on ${kernel}: ${unsaid}.`)])),
    ...results.flatMap((
      result,
    ) => [...causesOf(result.divergences).flatMap((cause) => causeText(result, cause)), ...reportingText(result)]),
    '',
    ...(emitted === undefined ? [] : [...paragraph(`written to ${emitted}: ${count(results.length, 'file')}`)]),
    compared.length === 0 ? 'Nothing was compared: there is no recording.' : diverging === 0
      ? `No divergence in ${count(total(({ nrSame }) => nrSame), 'program run', 'program runs')}.`
      : `${count(diverging, 'program run diverges', 'program runs diverge')} of ${
        total(({ nrRecorded }) => nrRecorded)
      }.`,
  ];
}

function causeText({ set, kernel, profile }: KernelConformance, { kind, op, memory, divergences }: Cause): string[] {
  const where = `${kind}${memory === null ? '' : ` of ${memory} memory`} ${
    op === 'end' ? 'at the last loads' : `after ${op}`
  }`;
  const rest = divergences.length - SHOWN_MAX;
  return [
    '',
    ...paragraph(`${set} on ${kernel} (${profile}): ${where}: ${count(divergences.length, 'program')}`),
    ...divergences.slice(0, SHOWN_MAX).flatMap(divergenceText),
    ...(rest > 0
      ? [
        `  and ${rest} more: ${divergences.slice(SHOWN_MAX, SHOWN_MAX + 8).map(({ program }) => program).join(', ')}${
          rest > 8 ? ', ...' : ''
        }`,
      ]
      : []),
  ];
}

function divergenceText({ program, step, stepText, process, region, page, slot, kernel, model }: Divergence): string[] {
  const spot = [...(slot === null ? [] : [`slot ${slot}`]), ...(process === null ? [] : [`P${process}`]),
    ...(region === null ? [] : [`region ${region}`]), ...(page === null ? [] : [`page ${page}`])];
  return [
    ...paragraph(
      `program ${program}, ${step < 0 ? stepText : `step ${step} (${stepText})`}${
        spot.length === 0 ? '' : `, ${spot.join(' ')}`
      }`,
      '  ',
      4,
    ),
    ...paragraph(kernel, '    kernel: '),
    ...paragraph(model, '    model:  '),
  ];
}

function reportingText({ set, kernel, reporting }: KernelConformance): string[] {
  if (reporting.length === 0) return [];
  return [
    '',
    ...paragraph(
      `${set} on ${kernel}: differences in reporting alone, no divergence: ${count(reporting.length, 'program')}`,
    ),
    ...reporting.slice(0, SHOWN_MAX).flatMap(divergenceText),
    ...(reporting.length > SHOWN_MAX ? [`  and ${reporting.length - SHOWN_MAX} more`] : []),
  ];
}
