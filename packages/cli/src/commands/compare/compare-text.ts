/** A comparison of a scenario as text for a terminal or a mail. One row a lane, so that any number of lanes fits. */
import type { LaneReport, PinReport, ScenarioComparison, SeenReport } from '@cowlab/experiments/compare';
import { type Happening, happeningText, type Parting } from '@cowlab/trial';

import { COLUMNS, alike, count, paragraph, ranges, table } from '@cowlab/prose';

export function comparisonText(path: string, comparison: ScenarioComparison): string[] {
  const { lanes, title, question, partings, unasked } = comparison;
  return [
    ...(title === null ? [] : paragraph(title, 'title     ')),
    ...paragraph(question, 'question  '),
    '',
    ...summary(lanes),
    ...stepsThatDiffer(lanes),
    ...seen(lanes),
    ...partingLines(lanes, partings),
    ...stormLines(lanes[0]),
    '',
    ...expectationLines(path, lanes),
    ...(unasked.length === 0
      ? []
      : paragraph(`${count(unasked.length, 'expectation')} not asked: no lane of that name was run`)),
  ];
}

export function failed({ expectations }: LaneReport): boolean {
  return expectations.some(({ holds }) => !holds);
}

/** The verdict on what the scenario expects, and everything that failed with its place. */
export function expectationLines(path: string, lanes: readonly LaneReport[]): string[] {
  const all = lanes.flatMap(({ expectations }) => expectations);
  const broken = all.filter(({ holds }) => !holds);
  if (all.length === 0) return ['The scenario expects nothing of these lanes.'];
  if (broken.length === 0)
    return [all.length === 1 ? 'The one expectation holds.' : `All ${all.length} expectations hold.`];
  return [
    ...broken.flatMap(({ lane, line, text, actual }) => [
      ...paragraph(`${path}:${line}: ${text}`, 'FAILED  '),
      ...paragraph(`in ${lane}: ${actual}`, '        '),
    ]),
    `${broken.length} of ${count(all.length, 'expectation')} failed.`,
  ];
}

/** Nobody may take the model's word for a count of torn children. */
function stormLines({ steps }: LaneReport): string[] {
  if (!steps.some(({ text }) => text.startsWith('storm '))) return [];
  return ['', ...paragraph(
    'A storm is a race, and whole steps show none: that a snapshot may tear is told from the pages that fork() '
      + 'copied. conform --live counts torn children.',
  )];
}

function summary(lanes: readonly LaneReport[]): string[] {
  const rows = lanes.map(({ lane, pins, hazards, pagesCopiedAtFork, costs, expectations }) => [
    lane,
    pins.map(pinText).join('; ') || '-',
    hazards.join(' ') || 'none',
    String(pagesCopiedAtFork),
    String(costs.faults.cow),
    expectations.length === 0 ? '-' : `${expectations.filter(({ holds }) => holds).length}/${expectations.length}`,
  ]);
  return table(['lane', 'pins', 'hazards', 'fork copies', 'COW copies', 'expected'], rows, ['left', 'left', 'left',
    'right', 'right', 'right']);
}

/** `0: diverged at 0-3`, `1: coherent (released)`. */
export function pinText({ slot, pages, held }: PinReport): string {
  const of = (...states: readonly string[]): number[] =>
    pages.filter(({ state }) => states.includes(state)).map(({ page }) => page);
  const apart = of('diverged', 'unmapped');
  const state = of('owner-gone').length > 0
    ? 'owner gone'
    : apart.length > 0
    ? `diverged at ${ranges(apart)}`
    : 'coherent';
  return `${slot}: ${state}${held ? '' : ' (released)'}`;
}

function stepsThatDiffer(lanes: readonly LaneReport[]): string[] {
  const rows = lanes[0].steps.flatMap(({ text, line }, at) => {
    const results = alike(lanes.map(({ lane, steps }) => [lane, cameTo(steps[at])]));
    if (results.length === 1 && lanes[0].steps[at].value !== null) return [];
    const told = results.length === 1 ? [['all', results[0][1]]] : results;
    return told.map(([names, result], nr) => (nr === 0 ? [`${line}`, text, names, result] : ['', '', names, result]));
  });
  if (rows.length === 0) return [];
  return ['', 'Steps that were refused or came to different results:', '',
    ...table(['line', 'step', 'lane', 'result'], rows)];
}

function cameTo({ result, value }: { readonly result: string; readonly value: number | null }): string {
  return value === null || value === 0 ? result : `${result} ${value}`;
}

function seen(lanes: readonly LaneReport[]): string[] {
  // Not every lane has every process: a fork() may have failed.
  const all = new Map(lanes.flatMap(({ sees }) => sees).map((report) => [`${report.p} ${report.r}`, report]));
  if (all.size === 0) return [];
  const lines = ['', 'What each process sees in the end, by a load of each watched page:'];
  for (const { p, r, pages } of all.values()) {
    const rows = alike(lanes.map(({ lane, sees }) => [lane, ...valuesOf(sees, p, r, pages.length)]));
    const widest = Math.max(...rows.flatMap((row) => row.slice(1).map((value) => value.length)),
      ...pages.map(({ page }) => `${page}`.length));
    const perBlock = Math.max(1, Math.floor((COLUMNS - LANE_WIDTH - 2) / (widest + 2)));
    for (let start = 0; start < pages.length; start += perBlock) {
      const block = pages.slice(start, start + perBlock);
      const head = [`P${p} region ${r} page`, ...block.map(({ page }) => String(page))];
      lines.push('',
        ...table(head, rows.map(([lane, ...values]) => [lane, ...values.slice(start, start + perBlock)]), ['left',
          ...block.map(() => 'right' as const)]));
    }
  }
  return lines;
}

const LANE_WIDTH = 22;

/** A process that a lane does not have (its fork() failed) sees nothing. */
function valuesOf(sees: readonly SeenReport[], p: number, r: number, nr: number): string[] {
  const found = sees.find((report) => report.p === p && report.r === r);
  return found === undefined
    ? Array.from({ length: nr }, () => '-')
    : found.pages.map(({ seen: value }) => String(value));
}

/** Where each lane leaves the first one, lanes that leave it alike together. */
function partingLines(lanes: readonly LaneReport[], partings: readonly (Parting | null)[]): string[] {
  const [first] = lanes;
  const same = partings.flatMap((parting, at) => (parting === null ? [lanes[at + 1].lane] : []));
  const apart = alike(partings.flatMap((parting) => (parting === null ? [] : [[parting.lane, ...sides(parting)]])));
  return [
    ...apart.flatMap(([names]) => {
      const parting = partings.find((one) => one?.lane === names.split(', ')[0]);
      return parting === null || parting === undefined ? [] : ['', ...partingText(names, parting, first)];
    }),
    ...(same.length === 0
      ? []
      : ['', ...paragraph(`${same.join(', ')}: the same events as ${first.lane} from beginning to end.`)]),
  ];
}

/** What lanes that part alike have in common. */
const sides = (
  { step, here, there }: Parting,
): string[] => [String(step), ...here.map(happeningText), '', ...there.map(happeningText)];

function partingText(names: string, { from, step, here, there }: Parting, first: LaneReport): string[] {
  const at = first.steps[step];
  const side = (name: string, told: readonly Happening[]): string[] =>
    (told.length === 0 ? ['(nothing)'] : told.map(happeningText))
      .flatMap((event, nr) =>
        paragraph(event, nr === 0 ? `  ${name.padEnd(SIDE_WIDTH)}  ` : ' '.repeat(SIDE_WIDTH + 4), SIDE_WIDTH + 6)
      );
  return [
    ...paragraph(`${names} ${names.includes(', ') ? 'part' : 'parts'} from ${from} at line ${at.line}, ${at.text}:`),
    ...side('there', there),
    ...side('here', here),
  ];
}

const SIDE_WIDTH = 'there'.length;
