/** What became of a recorded program's registered pages, as text for a terminal or a mail. */
import type { RegisteredPage } from '@cowlab/trace';
import { type Happening, happeningText } from '@cowlab/trial';
import type { TraceComparison, TraceLaneReport } from '@cowlab/experiments/compare';
import { alike, count, paragraph, ranges, table } from '@cowlab/prose';

type Buffer = TraceLaneReport['registered']['buffers'][number];
type Fate = RegisteredPage['fate'];

export function traceText(comparison: TraceComparison): string[] {
  const { lanes, registrations, tasks, commands, stated, notes, partings } = comparison;
  const pages = registrations.reduce((sum, { nrPages }) => sum + nrPages, 0);
  return [
    ...paragraph(`${count(tasks.length, 'task')}, ${count(commands, 'command')}, `
      + `${count(registrations.length, 'registered buffer')} of ${count(pages, 'page')}`, 'program   '),
    ...(stated ? paragraph('accesses that no recorder shows are stated in its .accesses file', '          ') : []),
    '',
    ...(registrations.length === 0
      ? ['No registered buffer is among the calls that were planned.']
      : summaryLines(lanes)),
    ...bufferLines(lanes),
    ...lanes.flatMap((lane) => laneNotes(lane)),
    '',
    ...costLines(lanes),
    ...partings.flatMap((parting, at) => ['', ...partingText(parting, lanes[at + 1].lane, lanes[0].lane)]),
    ...(notes.length === 0
      ? []
      : ['', ...paragraph(
        `${count(notes.length, 'thing')} of the recording is passed over or not sure, the first: ${
          notes[0].source.file
        }:${notes[0].source.line}: ${notes[0].what}`,
      )]),
  ];
}

/** Registered pages that some fork() left out of its child. */
export function holes({ registered }: TraceLaneReport): number {
  return registered.buffers.reduce(
    (sum, { pages }) => sum + pages.filter(({ forks }) => forks.some(({ fate }) => fate === 'hole')).length,
    0,
  );
}

/** How many registered pages of a lane end so. */
export function fates({ registered }: TraceLaneReport): Record<Fate, number> {
  const sum = { keeps: 0, loses: 0, depends: 0 };
  for (const { pages } of registered.buffers) for (const { fate } of pages) sum[fate]++;
  return sum;
}

function summaryLines(lanes: readonly TraceLaneReport[]): string[] {
  const rows = lanes.map((lane) => {
    const { keeps, loses, depends } = fates(lane);
    return [lane.lane, ...[keeps, loses, depends, lane.registered.holeAccesses.length].map(String),
      lane.hazards.join(' ') || 'none'];
  });
  return [
    'Registered pages whose device and owner go on seeing the same page:',
    '',
    ...table(['lane', 'keeps', 'loses', 'depends', 'child faults', 'hazards'], rows, ['left', 'right', 'right', 'right',
      'right', 'left']),
  ];
}

/** Every buffer, those together of which all lanes say the same. */
export function bufferLines(lanes: readonly TraceLaneReport[]): string[] {
  const told = new Map<string, string[]>();
  lanes[0].registered.buffers.forEach((_, nr) => {
    const fate = bufferTable(lanes, nr);
    const key = fate.join('\n');
    told.set(key, [...(told.get(key) ?? []), ...bufferAbout(lanes[0], nr)]);
  });
  return [...told].flatMap(([fate, about]) => ['', ...about, '', ...fate.split('\n')]);
}

function bufferAbout({ registered }: TraceLaneReport, nr: number): string[] {
  const { registration: { kind, base, lengthBytes, nrPages, vpn: first }, lint } = registered.buffers[nr];
  const shared = lint.map(({ vpn, foreignBytes }) => `${foreignBytes} bytes of page ${vpn - first}`).join(' and ');
  return paragraph(
    `${lengthBytes} bytes at 0x${base.toString(16)}, ${count(nrPages, 'page')}, ${kind}${
      shared === '' ? '' : `; ${shared} are other data`
    }`,
    `buffer ${nr}  `,
  );
}

function bufferTable(lanes: readonly TraceLaneReport[], nr: number): string[] {
  const rows = alike(lanes.map(({ lane, registered }) => {
    const buffer = registered.buffers[nr];
    const pages: readonly RegisteredPage[] = buffer.pages;
    const at = (fate: Fate): string =>
      ranges(pages.filter((page) => page.fate === fate).map(({ vpn }) => vpn - buffer.registration.vpn)) || '-';
    return buffer.granted
      ? [lane, at('loses'), at('keeps'), at('depends'), childGets(buffer)]
      : [lane, '-', '-', '-', 'not granted'];
  }));
  const head = ['lane', 'loses', 'keeps', 'depends', 'child gets'];
  const used = head.map((_, column) => column !== DEPENDS || rows.some((row) => row[DEPENDS] !== '-'));
  const only = (row: readonly string[]): string[] => row.filter((_, column) => used[column]);
  return table(only(head), rows.map(only));
}

const DEPENDS = 3;
const GETS = { shared: 'the same page', copied: 'a copy', hole: 'a hole', empty: 'an empty page' } as const;

function childGets({ pages }: Buffer): string {
  const seen = new Set(pages.flatMap(({ forks }) => forks.map(({ fate }) => GETS[fate])));
  return seen.size === 0 ? 'nothing: no fork()' : [...seen].join(', ');
}

const NOTES_MAX = 3;

/** What one would want to know next of each lane: why pages are lost, what would settle the open ones, who died. */
function laneNotes({ lane, registered }: TraceLaneReport): string[] {
  const { buffers, holeAccesses, run } = registered;
  const all = buffers.flatMap(({ registration, pages }, nr) =>
    pages.map((page: RegisteredPage) => ({ ...page, where: `page ${page.vpn - registration.vpn} of buffer ${nr}` }))
  );
  const lost = all.filter(({ fate }) => fate === 'loses');
  const missing = all.filter((page) => page.missing !== null);
  const other = run.mismatches.filter(({ item }) => !holeAccesses.some((access) => access.item === item));
  const lines = [
    ...(lost.length === 0 ? [] : [`the first page lost is ${lost[0].where}: ${lost[0].why}`]),
    ...holeAccesses.slice(0, NOTES_MAX).map(({ pid, addr, foreign }) =>
      `child ${pid} gets SIGSEGV at 0x${addr.toString(16)}, in a hole that fork() left${
        foreign ? '; what it touched is no part of the buffer' : ''
      }`
    ),
    ...more(holeAccesses.length, 'such access', 'such accesses'),
    ...missing.slice(0, 1).map((page) => `${page.where} depends on ${page.missing}`),
    ...more(missing.length, 'page', 'pages', 1),
    ...other.slice(0, NOTES_MAX).map(({ what }) => `not as recorded: ${what}`),
    ...more(other.length, 'difference', 'differences'),
  ];
  return lines.length === 0 ? [] : ['', `${lane}:`, ...lines.flatMap((line) => paragraph(line, '  - ', 4))];
}

function more(nr: number, one: string, many: string, shown = NOTES_MAX): string[] {
  return nr > shown ? [`and ${count(nr - shown, `more ${one}`, `more ${many}`)}`] : [];
}

function partingText(parting: TraceComparison['partings'][number], lane: string, first: string): string[] {
  if (parting === null) return paragraph(`${lane}: the same events as ${first} from beginning to end.`);
  const { source, here, there } = parting;
  return [...paragraph(`${lane} parts from ${first} at ${source.file}:${source.line}:`),
    ...paragraph(firstOf(there), '  there  ', 11), ...paragraph(firstOf(here), '  here   ', 11)];
}

const firstOf = ([first]: readonly Happening[]): string => (first === undefined ? '(nothing)' : happeningText(first));

export function costLines(lanes: readonly TraceLaneReport[]): string[] {
  const rows = lanes.map((
    { lane, costs },
  ) => [lane,
    ...[costs.forks.count, costs.ptesVisited, costs.pagesCopiedAtFork, costs.pagesCopiedOnWrite, costs.pagesReused].map(
      String,
    ), `${costs.bytesCopied / 1024}`]
  );
  return [
    'What it costs: PTEs that fork() visits, pages copied and kept, KiB copied',
    '',
    ...table(['lane', 'forks', 'fork PTEs', 'fork copies', 'COW copies', 'reused', 'KiB'], rows, ['left', 'right',
      'right', 'right', 'right', 'right', 'right']),
  ];
}

/** What the recording comes to, and what it could not have shown. */
export function verdictLines(
  { sentence, notShown = [] }: { readonly sentence?: string; readonly notShown?: readonly string[] },
): string[] {
  if (sentence === undefined) return [];
  const list = notShown.flatMap((one) => paragraph(one, '  - ', 4));
  return ['', ...paragraph(sentence, 'verdict   '),
    ...(list.length === 0 ? [] : ['Not shown by this recording:', ...list])];
}
