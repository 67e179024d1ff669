/**
 * A trail as people draw it in commit messages: a column per CPU, a line per atomic step, time running down, and below
 * it what broke and how to see it again.
 */
import { asciiLine, COLUMNS, wrapAscii } from '@cowlab/prose';
import { commandLines } from './command-lines.ts';
import { beginnings } from './operations.ts';
import { accessTexts, stepName } from './step-text.ts';
import type { Trail, TrailStep } from './trail.ts';

export interface DiagramOptions {
  /** Every step, also those whose place in the order is of no consequence. */
  readonly all?: boolean;
}

/** Plain ASCII, at most 75 columns. */
export function diagram(trail: Trail, { all = false }: DiagramOptions = {}): string[] {
  const cells = cellsOf(trail, all);
  const drawn = trail.actors.length <= SIDE_BY_SIDE_MAX ? columns(trail, cells) : list(trail, cells);
  return [
    ...wrapAscii(`${trail.title} (${trail.lane}, ${MEMORY[trail.memory]})`, COLUMNS),
    '',
    ...drawn,
    '',
    ...(cells.some(({ mark }) => mark === '*') ? ['* the order of this step against another CPU matters'] : []),
    ...trail.broken.flatMap(({ spec, what }) => wrapAscii(`Broken: ${spec}: ${what}`, COLUMNS, '  ')),
    'Replay:',
    ...commandLines(trail.command),
  ];
}

export const MEMORY = { sc: 'sequentially consistent', tso: 'x86-TSO', armv8: 'ARMv8' } as const;

/** More columns than this would be too narrow to read. */
const SIDE_BY_SIDE_MAX = 4;

/** An entry in an actor's column. Operations stand at the margin, their steps are indented by mark and space. */
interface Cell {
  readonly actor: number;
  readonly mark: '' | '*' | ' ';
  readonly text: string;
  /** What the step read and changed: behind it in brackets if that fits, else on lines of their own. */
  readonly notes: readonly string[];
}

function cellsOf(trail: Trail, all: boolean): Cell[] {
  const begins = beginnings(trail);
  // A trail that nobody minimised has no marks; then everything may matter.
  const showAll = all || !trail.steps.some(({ critical }) => critical);
  const cells: Cell[] = [];
  for (let index = 0; index < trail.steps.length;) {
    const { actor, critical } = trail.steps[index];
    const op = begins.get(index);
    if (op !== undefined) cells.push({ actor, mark: '', text: op, notes: [] });
    let next = index + 1;
    if (!showAll && !critical) {
      while (next < trail.steps.length && foldsInto(trail, actor, next, begins)) next++;
    }
    const nr = next - index;
    const shown = nr === 1 ? named(trail.steps[index]) : { text: `... (${nr} steps)`, notes: [] };
    cells.push({ actor, mark: critical ? '*' : ' ', ...shown });
    index = next;
  }
  return cells;
}

function named(step: TrailStep): Pick<Cell, 'text' | 'notes'> {
  return { text: `${stepName(step)}${step.buffered ? ' [buffered]' : ''}`, notes: accessTexts(step).map(asciiLine) };
}

function foldsInto({ steps }: Trail, actor: number, index: number, begins: ReadonlyMap<number, string>): boolean {
  return steps[index].actor === actor && !steps[index].critical && !begins.has(index);
}

function columns(trail: Trail, cells: readonly Cell[]): string[] {
  const heads = trail.actors.map(({ what }, actor) => [cpu(trail, actor), what]);
  const widest = (actor: number, lengths: (cell: Cell) => number[]) =>
    Math.max(...heads[actor].map((text) => asciiLine(text).length), ...cells.filter((cell) =>
      cell.actor === actor
    ).flatMap(lengths));
  const onOneLine = heads.map((_, actor) => widest(actor, (cell) => [margin(cell) + joined(cell).length]));
  const unwrapped = heads.map((_, actor) =>
    widest(actor, (cell) => [margin(cell) + asciiLine(cell.text).length, ...cell.notes.map((note) =>
      NOTE_INDENT + note.length
    )])
  );
  const { widths, gap } = fit(unwrapped, onOneLine);
  const starts = widths.map((_, actor) => sum(widths.slice(0, actor)) + gap * actor);

  const names = heads.map((head, actor) => head.flatMap((text) => wrapAscii(text, widths[actor])));
  const rows = Array.from({ length: Math.max(0, ...names.map((lines) => lines.length)) },
    (_, row) => names.map((lines) => lines[row] ?? ''));
  const rule = names.map((lines) => '-'.repeat(Math.max(...lines.map((line) => line.length))));
  const across = (texts: readonly string[]) =>
    texts.reduce((line, text, actor) => (text === '' ? line : line.padEnd(starts[actor]) + text), '');
  return [
    ...[...rows, rule].map(across),
    ...cells.flatMap((cell) =>
      lines(cell, widths[cell.actor]).map((line) => (' '.repeat(starts[cell.actor]) + line).trimEnd())
    ),
  ];
}

/** First what a column needs so that no text is wrapped, then what it needs so that notes stand behind their steps. */
function fit(
  unwrapped: readonly number[],
  onOneLine: readonly number[],
): { readonly widths: readonly number[]; readonly gap: number } {
  const room = (gap: number) => COLUMNS - gap * (unwrapped.length - 1);
  if (sum(onOneLine) <= room(GAP_WIDE)) return { widths: onOneLine, gap: GAP_WIDE };
  const widths = share(unwrapped, room(GAP_NARROW));
  const more = share(onOneLine.map((width, actor) => Math.max(0, width - widths[actor])),
    room(GAP_NARROW) - sum(widths));
  return { widths: widths.map((width, actor) => width + more[actor]), gap: GAP_NARROW };
}

/** Who needs less than an equal share leaves the rest to the others. */
function share(needed: readonly number[], room: number): number[] {
  const widths = [...needed];
  let left = room;
  const byNeed = needed.map((_, actor) => actor).sort((a, b) => needed[a] - needed[b]);
  byNeed.forEach((actor, served) => {
    widths[actor] = Math.min(needed[actor], Math.floor(left / (byNeed.length - served)));
    left -= widths[actor];
  });
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const GAP_WIDE = 4;
const GAP_NARROW = 2;

/** For many CPUs: one column, each entry after its CPU. */
function list(trail: Trail, cells: readonly Cell[]): string[] {
  const who = trail.actors.map((_, actor) => `CPU${actor}`);
  const start = Math.max(...who.map((name) => name.length)) + 2;
  const indent = ' '.repeat(start);
  return [
    ...trail.actors.flatMap(({ what }, actor) => wrapAscii(`${cpu(trail, actor)}: ${what}`, COLUMNS, indent)),
    '',
    ...cells.flatMap((cell) =>
      lines(cell, COLUMNS - start).map((line, row) =>
        ((row === 0 ? who[cell.actor].padEnd(start) : indent) + line).trimEnd()
      )
    ),
  ];
}

function lines(cell: Cell, width: number): string[] {
  const { mark, text, notes } = cell;
  if (mark === '') return wrapAscii(text, width, '  ');
  const inside = joined(cell).length <= width - 2 ? [joined(cell)] : wrapAscii(text, width - 2, '  ');
  const below = inside[0] === joined(cell) ? [] : notes.flatMap((note) => wrapAscii(note, width - NOTE_INDENT, '  '));
  return [
    ...inside.map((line, row) => `${row === 0 ? mark : ' '} ${line}`),
    ...below.map((line) => ' '.repeat(NOTE_INDENT) + line),
  ];
}

const NOTE_INDENT = 4;

function margin({ mark }: Cell): number {
  return mark === '' ? 0 : 2;
}

function joined({ text, notes }: Cell): string {
  return asciiLine(notes.length === 0 ? text : `${text} (${notes.join(', ')})`);
}

/** 'CPU0', or 'CPU0 (parent)' where the actor has a name of its own. */
export function cpu({ actors }: Trail, actor: number): string {
  const name = asciiLine(actors[actor].name);
  return name === '' || name === `CPU${actor}` ? `CPU${actor}` : `CPU${actor} (${name})`;
}
