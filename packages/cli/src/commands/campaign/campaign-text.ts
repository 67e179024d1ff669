/** What `cowlab campaign` says of a campaign, its growth and its findings. */
import type { CampaignStatus, Finding, Growth, Remaining } from '@cowlab/campaign';
import { count, paragraph, table } from '@cowlab/prose';

export const durationText = (seconds: number): string =>
  seconds < 119.5
    ? `${Math.ceil(seconds)} s`
    : seconds < 7200
    ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;

const leftText = ({ seconds, low, high }: Remaining): string =>
  `${durationText(seconds)} (${durationText(low)} to ${durationText(high)})`;

export function listText(all: readonly CampaignStatus[]): string[] {
  if (all.length === 0) return ['This engine holds no campaign.'];
  return table(['campaign', 'state', 'done', 'of', 'left', 'found', 'dead'], all.map((
    { name, state, size, counted, remaining, findings, units },
  ) => [name, state, String(size.done), `${size.all} ${counted}`, remaining === null ? '-' : leftText(remaining),
    String(findings), String(units.dead)]
  ), ['left', 'left', 'right', 'left', 'left', 'right', 'right']);
}

export function statusText(status: CampaignStatus): string[] {
  const { name, state, asked, size, counted, units, seconds, rate, remaining, findings, again, workers, dead, hash } =
    status;
  const twice = again.agreed + again.alone + again.open + again.disputed + again.settled;
  return [
    ...paragraph(asked, 'asked     '),
    ...paragraph(
      `${name}, ${state}: ${size.done} of ${size.all} ${counted}, ${units.done} of ${count(units.all, 'unit')}`,
      'campaign  ',
    ),
    ...(rate === null
      ? []
      : paragraph(`${rate.toFixed(rate < 10 ? 1 : 0)} ${counted} a second; ${durationText(seconds)} of work`,
        'rate      ')),
    ...(remaining === null ? [] : paragraph(`${leftText(remaining)}, by 95 of 100`, 'left      ')),
    ...paragraph(count(findings, 'cause'), 'found     '),
    ...(twice === 0 ? [] : paragraph(againText(again), 'twice     ')),
    ...(state === 'done' ? [`outcomes  ${hash.slice(0, 16)}`] : []),
    ...dead.flatMap(({ unit, why }) => paragraph(`${unit}: ${why}`, 'dead      ')),
    ...(workers.length === 0 || state === 'done' && workers.every(({ distrusted }) => !distrusted)
      ? []
      : ['', ...workersText(workers)]),
  ];
}

function againText({ agreed, alone, open, disputed, settled }: CampaignStatus['again']): string {
  const parts = [[agreed, 'came to the same by another worker'], [alone, 'by the same one, there was no other'], [open,
    'to be run again'], [disputed, 'where workers differ'], [settled, 'where a third worker decided']] as const;
  return parts.filter(([nr]) => nr > 0).map(([nr, text]) => `${nr} ${text}`).join(', ');
}

function workersText(workers: CampaignStatus['workers']): string[] {
  return table(['worker', 'host', 'kernels', 'units', 'doing'], workers.map((
    { name, host, kernels, units, doing, living, distrusted },
  ) => [name, host, kernels.join(' ') || '-', String(units),
    distrusted ? 'trusted no more' : !living ? 'gone' : doing ?? 'waits']
  ), ['left', 'left', 'left', 'right', 'left']);
}

const POINTS_MAX = 10;

export function growthText({ cells, points, diverging, unjudged }: Growth): string[] {
  if (points.length === 0) return [];
  const step = Math.ceil(points.length / POINTS_MAX);
  const shown = points.filter((_, at) => at === points.length - 1 || (at + 1) % step === 0);
  return [
    ...table(['programs', 'cells', 'decisions', 'step pairs', 'causes'],
      shown.map((point) => [point.programs, point.cells, point.decisions, point.stepPairs, point.findings].map(String)),
      ['right', 'right', 'right', 'right', 'right']),
    '',
    ...paragraph(
      `${count(diverging, 'program diverges', 'programs diverge')}${
        unjudged === 0 ? '' : `, ${unjudged} could not be judged`
      }; the model has ${cells} cells that are known, and more by errno.`,
    ),
  ];
}

export function findingsText(found: readonly Finding[]): string[] {
  return found.flatMap(({ cause: { id, kind, lane, against, shape }, program, steps, text, policies, what, times }) => [
    '',
    ...paragraph(`${kind}; ${lane} against ${against}`, `${id}  `),
    ...(text === null ? [] : programLines(text).map((line) => `    ${line}`)),
    ...what.flatMap((line) => paragraph(line, '  ', 4)),
    ...paragraph(
      `${
        [...(steps === null ? [] : [`${count(steps, 'step')}: ${shape}`]),
          ...(policies.length === 0 ? [] : [`it depends on ${policies.join(', ')}`]),
          ...(program === null ? [] : [`first shown by program ${program}`]), `met ${count(times, 'time')}`].join('; ')
      }`,
      '  ',
      4,
    ),
  ]);
}

/** Without what stands around the steps. */
const programLines = (text: string): readonly string[] =>
  text.trimEnd().split('\n').filter((line) => !/^(?:prog|end)\b/.test(line));
