/** What became of one scenario on the live kernel, as a test result. */
import type { Divergence } from '@cowlab/oracle';
import type { LiveCase } from './live-cases.ts';
import type { LiveMeeting, LiveVerdict } from './live-conform.ts';
import type { TestResult } from '../report/test-result.ts';

/** A difference outweighs a known defect: that is told of the profile, and the kernel is not like the profile. */
export function liveResult(
  { name, meeting, expectations, defect }: LiveVerdict,
  { scenario, program }: LiveCase,
): TestResult {
  const failed = expectations.filter(({ holds }) => !holds);
  const unmet = failed.map(({ line, text, actual }) => `line ${line}: ${text}, but ${actual}`);
  const placeOf = (step: number): string =>
    `step ${step}${
      scenario === null || step < 0 || step >= program.steps.length ? '' : `, line ${scenario.lines[step]}`
    }`;
  if (meeting.met === 'missing') return { name, outcome: 'skip', why: meeting.missing };
  if (meeting.met !== 'same') return { name, outcome: 'fail', notes: [...notesOf(meeting, placeOf), ...unmet] };
  if (defect === null) return { name, outcome: failed.length === 0 ? 'pass' : 'fail', notes: unmet };
  if (failed.length > 0) return { name, outcome: 'xfail', why: defect, notes: unmet };
  return { name, outcome: 'fail',
    notes: [`all that is expected holds, although a defect is told of this profile: ${defect}`] };
}

type Parted = Exclude<LiveMeeting, { met: 'same' | 'missing' }>;

function notesOf(meeting: Parted, placeOf: (step: number) => string): string[] {
  if (meeting.met === 'failure')
    return [`${meeting.step === null ? '' : `${placeOf(meeting.step)}: `}${meeting.failure}`];
  const { divergence, values, again } = meeting;
  const told = (
    one: Divergence,
  ): string[] => [`${one.step < 0 ? one.stepText : `${placeOf(one.step)}: ${one.stepText}`}${spotOf(one)}`,
    `  kernel: ${one.kernel}`, `  model:  ${one.model}`];
  const later = values !== null && !(values.step === divergence.step && values.kind === divergence.kind);
  return [
    ...told(divergence),
    ...(later ? ['what is read differs, too:', ...told(values)] : []),
    ...(again ? [] : ['asked again, the kernel did as the model: it is not always so']),
  ];
}

function spotOf({ process, region, page, slot }: Divergence): string {
  const spot = [...(slot === null ? [] : [`slot ${slot}`]), ...(process === null ? [] : [`P${process}`]),
    ...(region === null ? [] : [`region ${region}`]), ...(page === null ? [] : [`page ${page}`])];
  return spot.length === 0 ? '' : ` (${spot.join(' ')})`;
}
