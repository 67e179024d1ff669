/** A campaign as a scrape of Prometheus sees it, in the OpenMetrics text format. */
import type { CampaignStatus } from './status.ts';

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly of: (
    status: CampaignStatus,
  ) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

const FAMILIES: readonly Family[] = [
  { name: 'cowlab_campaign_units', type: 'gauge', help: 'Units of the campaign, by what became of them.', of: (
    { units },
  ) => [[{ state: 'done' }, units.done], [{ state: 'active' }, units.active], [{ state: 'dead' }, units.dead], [{
    state: 'open',
  }, units.all - units.done - units.dead]] },
  { name: 'cowlab_campaign_size', type: 'gauge', help: 'Programs, cells or races that the campaign is of.',
    of: ({ size, counted }) => [[{ of: counted }, size.all]] },
  { name: 'cowlab_campaign_done', type: 'counter', help: 'Programs, cells or races that are done.',
    of: ({ size, counted }) => [[{ of: counted }, size.done]] },
  { name: 'cowlab_campaign_findings', type: 'gauge', help: 'Causes found, each counted once.',
    of: ({ findings }) => [[{}, findings]] },
  { name: 'cowlab_campaign_again', type: 'gauge', help: 'Units that were run twice, by what came of it.',
    of: ({ again }) => Object.entries(again).map(([outcome, nr]) => [{ outcome }, nr]) },
  { name: 'cowlab_campaign_work_seconds', type: 'counter', help: 'Seconds of work, all workers together.',
    of: ({ seconds }) => [[{}, seconds]] },
  { name: 'cowlab_campaign_workers', type: 'gauge', help: 'Workers that were seen lately.',
    of: ({ workers }) => [[{}, workers.filter(({ living }) => living).length]] },
  { name: 'cowlab_campaign_workers_distrusted', type: 'gauge',
    help: 'Workers that came to other outcomes than two others.',
    of: ({ workers }) => [[{}, workers.filter(({ distrusted }) => distrusted).length]] },
  { name: 'cowlab_campaign_remaining_seconds', type: 'gauge', help: 'What is left, with the bounds of 95 %.',
    of: ({ remaining }) => (remaining === null
      ? []
      : [[{ bound: 'middle' }, remaining.seconds], [{ bound: 'low' }, remaining.low], [{ bound: 'high' },
        remaining.high]]) },
];

export function openMetrics(all: readonly CampaignStatus[]): string {
  const lines = FAMILIES.flatMap((
    { name, type, help, of },
  ) => [`# TYPE ${name} ${type}`, `# HELP ${name} ${help}`,
    ...all.flatMap((status) =>
      of(status).map(([labels, value]) =>
        `${name}${type === 'counter' ? '_total' : ''}{${
          labelsText({ campaign: status.name, kind: status.kind, ...labels })
        }} ${Number.isInteger(value) ? value : value.toFixed(3)}`
      )
    )]
  );
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) =>
    `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`
  ).join(',');
}
