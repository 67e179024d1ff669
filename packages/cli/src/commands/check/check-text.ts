/** What `cowlab check` prints for people. */
import type { CheckReport } from '@cowlab/experiments/check';
import { diagram, explain, type Race, type Trail } from '@cowlab/checker';
import { large } from './check-progress.ts';
import { ascii, count, paragraph, table } from '@cowlab/prose';

export type TrailStyle = 'diagram' | 'explain' | 'both';

/** Safe under both is said of x86, and of nothing else. */
const UNVERIFIED = 'safe: on machines weaker than x86-TSO unverified.';

/** `counted`: what a search or a walk counts. */
export function raceText(race: Race, reports: readonly CheckReport[], counted: 'states' | 'moves'): string[] {
  const undecided = reports.filter(({ verdict }) => verdict === 'bounded');
  return [
    ...paragraph(race.title, 'race      '),
    ...(race.question === '' ? [] : paragraph(race.question, 'question  ')),
    ...race.notes.flatMap((note) => paragraph(note, 'note      ')),
    '',
    ...table(['lane', 'memory', 'verdict', 'claimed', counted, 'trail'], reports.map((
      report,
    ) => [report.lane, report.memory, report.verdict, asSaid(report), large(report.states),
      report.trail === null ? '-' : String(report.trail.steps.length)]
    ), ['left', 'left', 'left', 'left', 'right', 'right']),
    ...(undecided.some(({ exhaustive }) => !exhaustive)
      ? ['', ...paragraph('bounded: not every order was looked at; nothing found is no pass.')]
      : []),
    ...coarseLines(reports.filter(({ verdict }) => verdict !== 'broken')),
    ...(reports.some(({ verdict }) => verdict === 'safe') && reports.every(({ memory }) => memory !== 'armv8')
      ? ['', ...paragraph(UNVERIFIED)]
      : []),
  ];
}

/** Over which steps it was looked: what they hide is nobody's to see, or may be somebody's. */
function coarseLines(reports: readonly CheckReport[]): string[] {
  const all = [
    ...new Map(
      reports.flatMap(({ coarse }) => coarse).map((
        step,
      ) => [`${step.step} ${step.actor} ${step.between.join()}`, step]),
    ).values(),
  ];
  const hidden = all.filter(({ between }) => between.length > 0);
  const steps = [...new Set(all.filter(({ between }) => between.length === 0).map(({ step }) => step))];
  return [
    ...hidden.flatMap((
      { step, why, actor, between },
    ) => ['', ...paragraph(
      `bounded: the ${step} of ${actor} is one step here, and ${between.join(' and ')} can come between: ${why}.`,
    )]),
    ...(steps.length === 0
      ? []
      : ['', ...paragraph(`one step each, and nobody can come between: ${steps.join(', ')}.`)]),
  ];
}

function asSaid({ claim, verdict }: CheckReport): string {
  if (claim === null) return '-';
  return claim === verdict ? 'yes' : `NO: ${claim}`;
}

export function trailLines(trail: Trail, style: TrailStyle): string[] {
  return [...(style === 'explain' ? [] : diagram(trail)), ...(style === 'both' ? [''] : []),
    ...(style === 'diagram' ? [] : explain(trail))];
}

export function replayText(trail: Trail, style: TrailStyle): string[] {
  const end = trail.broken.length > 0
    ? []
    : ['', ...paragraph(trail.end.length > 0 ? `${trail.end.join('; ')}.` : 'Nothing is broken by this order.')];
  return [...trailLines(trail, style), ...end];
}

/** With what is known of its history. */
export function galleryHead({ name, title, notes }: Race): string[] {
  return [...paragraph(title, `${name}  `, 4), ...notes.flatMap((note) => paragraph(note, '    '))];
}

const LANE_WIDTH = 26;

/** One line; a lane with a long name has a line of its own before it. */
export function galleryRow(report: CheckReport): string[] {
  const { lane, memory, verdict, exhaustive, states, trail, ms, broken } = report;
  const found = verdict === 'broken'
    ? (trail === null ? 'broken' : `${trail.steps.length} steps`)
    : exhaustive
    ? 'all'
    : 'in part';
  const figures = [memory.padEnd(3), verdict.padEnd(7), asSaid(report).padEnd(10), found.padStart(8),
    `${large(states)} states`.padStart(11), `${(ms / 1000).toFixed(1)} s`.padStart(7)].join(' ');
  const name = `  ${ascii(lane)}`;
  const rows = name.length < LANE_WIDTH
    ? [name.padEnd(LANE_WIDTH) + figures]
    : [...paragraph(lane, '  '), ' '.repeat(LANE_WIDTH) + figures];
  return [...rows,
    ...(report.holds ? [] : broken.flatMap(({ spec, what }) => paragraph(`${spec}: ${what}`, '    ! ')))];
}

export function galleryEnd(nrRaces: number, reports: readonly CheckReport[]): string[] {
  const odd = reports.filter(({ holds }) => !holds);
  const seconds = reports.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  return [
    '',
    ...paragraph(
      `${count(nrRaces, 'race')}, ${count(reports.length, 'verdict')} in ${seconds.toFixed(1)} s: ${
        reports.length - odd.length
      } as said, ${odd.length} not.`,
    ),
    ...odd.flatMap(({ race, lane, memory, verdict, claim }) =>
      paragraph(`${race}, ${lane}, ${memory}: ${verdict}${claim === null ? '' : `, the file says ${claim}`}`, '  ', 4)
    ),
  ];
}
