/** A stream in words, and as data. */
import type { StreamState, StreamSummary } from '@cowlab/journal';
import { count, paragraph } from '@cowlab/prose';
import type { CostCounters } from '@cowlab/runtime';
import { eventText } from '@cowlab/trial';
import { commandText, outcomeText } from '../replay/entry-text.ts';
import type { News, Shown } from './shown.ts';
import { stateText } from './state-text.ts';

export type Told = StreamState & { readonly address: string; readonly summary: StreamSummary };

const LAST = 5;
const SHORT = 200;

export function headText({ address, summary, state }: Told): string[] {
  return [...paragraph(`${summary.stream} in ${address}`, 'stream    '),
    ...paragraph(stateText(state, summary.writer), 'state     ')];
}

export function shownText(told: Told, shown: Shown): string[] {
  const { head, resultHead, wanted } = shown;
  const lines = headText({ ...told, state: shown.isWhole ? 'whole' : told.state });
  if (told.state === 'partial' && !shown.isWhole)
    lines.push(...paragraph('the run that wrote it was cut; what it told until then is here', '          '));
  if (resultHead !== null) {
    return [...lines, ...paragraph(resultHead.asked, 'asked     '), ...paragraph(resultHead.begun, 'begun     '),
      `results   ${shown.results.length}`, ...lastOf(shown.results.map((value) => JSON.stringify(value)))];
  }
  if (head === null) return [...lines, 'holds     what another program packed'];
  lines.push(
    ...paragraph(
      `${count(shown.nrEntries, 'command')}, ${count(shown.nrEvents, 'fact')}, under ${head.policies.join(', ')}`,
      'log       ',
    ),
  );
  if (shown.hash !== null) lines.push(`hash      ${shown.hash}`);
  if (wanted.costs) lines.push('', ...costsText(shown.costs));
  if (wanted.hazards) lines.push('', ...hazardsText(shown));
  if (wanted.page !== null) lines.push('', ...pageText(shown));
  if (!wanted.costs && !wanted.hazards && wanted.page === null) lines.push('', ...stepsText(shown));
  return lines;
}

function lastOf(texts: readonly string[]): string[] {
  const cut = texts.length > LAST ? [`the last ${LAST}:`] : [];
  return texts.length === 0
    ? []
    : ['', ...cut,
      ...texts.slice(-LAST).flatMap((text) =>
        paragraph(text.length > SHORT ? `${text.slice(0, SHORT)} ...` : text, '  ', 4)
      )];
}

function stepsText({ last, nrEntries }: Shown): string[] {
  return [...(nrEntries > last.length ? [`the last ${last.length} commands:`] : []),
    ...last.flatMap((entry) => newsLines({ kind: 'step', entry }))];
}

export function costsText(costs: CostCounters): string[] {
  const rows = Object.entries(costs).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[name, value] as const]
      : Object.entries(value as Readonly<Record<string, number>>).map(([part, nr]) => [`${name}.${part}`, nr] as const)
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, nr]) => `${name.padEnd(width)}  ${nr}`);
}

function hazardsText({ hazards }: Shown): string[] {
  return hazards.length === 0 ? ['no hazard'] : hazards.flatMap((finding) => newsLines({ kind: 'hazard', finding }));
}

function pageText({ changes, wanted }: Shown): string[] {
  const { mm = 0, vpn = 0 } = wanted.page ?? {};
  const page = `page 0x${vpn.toString(16)} of mm ${mm}`;
  return changes.length === 0
    ? [`Nothing has changed the entry for ${page}.`]
    : [`${page}:`, ...changes.flatMap((change) => newsLines({ kind: 'change', change }))];
}

export const newsText = (shown: Shown): string[] => shown.news().flatMap(newsLines);

function newsLines(news: News): string[] {
  switch (news.kind) {
    case 'step':
      return paragraph(`${commandText(news.entry.command)}: ${outcomeText(news.entry.result)}`,
        `${String(news.entry.position).padStart(6)}  `, 10);
    case 'result':
      return lastOf([JSON.stringify(news.value)]).slice(1);
    case 'costs':
      return paragraph(
        costsText(news.costs).filter((line) => !line.endsWith('  0')).map((line) => line.replace(/ +/, ' ')).join(', '),
        'costs   ',
      );
    case 'hazard':
      return paragraph(news.finding.text, `${String(news.finding.position).padStart(6)}  ${news.finding.hazard}  `, 12);
    case 'change':
      return paragraph(`${eventText(news.change.event)}, by ${commandText(news.change.command)}`,
        `${String(news.change.position).padStart(6)}  `, 10);
  }
}

export function shownData({ address, summary, holds, state }: Told, shown: Shown): object {
  const { head, resultHead, wanted } = shown;
  return {
    kind: 'journal-show',
    journal: address,
    stream: summary.stream,
    events: summary.version,
    holds,
    state: shown.isWhole ? 'whole' : state,
    log: head === null
      ? null
      : { name: head.name, policies: head.policies, geometry: head.geometry, commands: shown.nrEntries,
        facts: shown.nrEvents, hash: shown.hash },
    asked: resultHead,
    results: head === null ? shown.results : null,
    costs: wanted.costs ? shown.costs : null,
    hazards: wanted.hazards ? shown.hazards : null,
    history: wanted.page === null ? null : shown.changes,
  };
}
