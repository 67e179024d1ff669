/** What `cowlab fuzz` says of a finding and of the whole run. */
import { differenceLines, type FuzzFinding } from '@cowlab/oracle/fuzz';
import { formatPrograms } from '@cowlab/scenario';
import type { FuzzHere } from '@cowlab/conformance';
import type { FuzzKinds } from '@cowlab/oracle';
import { count, paragraph, shellWord } from '@cowlab/prose';

export function findingText(
  { number, program, divergence, shrunk }: FuzzFinding,
  path: string,
  again: string,
  { profile, guest }: { readonly profile?: string; readonly guest?: string },
): string[] {
  const told = shrunk === null
    ? `program ${number} diverges, but asked again the kernel did something else`
    : `program ${number} diverges: ${
      count(program.steps.length, 'step')
    }, shrunk to ${shrunk.program.steps.length} in ${count(shrunk.nrTried, 'try', 'tries')}`;
  const steps = formatPrograms([{ ...(shrunk?.program ?? program), id: '0' }]).trimEnd().split('\n').slice(1, -1);
  const live = path.endsWith('.cow') && guest === undefined
    ? [`cowlab conform --live ${shellWord(path)}${profile === undefined ? '' : ` --profile ${shellWord(profile)}`}`]
    : [];
  return [
    ...paragraph(told + (shrunk?.minimal === false ? ' (perhaps not the smallest: the bound was reached)' : '')),
    ...steps.map((line) => `    ${line}`),
    ...differenceLines(shrunk?.divergence ?? divergence).flatMap((line) => paragraph(line, '  ', 4)),
    `  kept in ${path}; it is repeated by`,
    // To be copied, so in one line however long.
    ...[...live, again].map((line) => `    ${line}`),
    '',
  ];
}

export function fuzzText(
  { release, profile, machine, nrPrograms, seconds, diverging, findings, unjudged, nrReporting, coverage }: FuzzHere,
  seed: number,
  kinds: FuzzKinds,
): string[] {
  const rate = Math.round(nrPrograms / Math.max(seconds, 0.001));
  const rest = diverging.length - findings.length;
  return [
    ...paragraph(
      `seed ${seed}, ${kinds} kinds, ${profile} against ${release}: ${count(nrPrograms, 'program')} in ${
        seconds.toFixed(1)
      } s (${rate}/s).`,
    ),
    ...(machine === null ? [] : paragraph(`(${machine})`)),
    diverging.length === 0
      ? 'No divergence.'
      : `${count(diverging.length, 'program diverges', 'programs diverge')}; ${
        count(findings.length, 'different one')
      } above.`,
    ...(rest > 0
      ? paragraph(
        `alike: ${listed(diverging.filter((number) => findings.every((finding) => finding.number !== number)))}`,
        '  ',
        4,
      )
      : []),
    ...(nrReporting > 0
      ? paragraph(`${count(nrReporting, 'program')} with differences in reporting alone, which are no divergence.`)
      : []),
    ...unjudged.flatMap(({ number, why }) => paragraph(`program ${number} could not be judged: ${why}`)),
    ...coverageText(coverage),
  ];
}

const LISTED_MAX = 12;

function listed(numbers: readonly number[]): string {
  return numbers.slice(0, LISTED_MAX).join(', ')
    + (numbers.length > LISTED_MAX ? `, and ${numbers.length - LISTED_MAX} more` : '');
}

/** After a few programs nearly everything was never reached, which says nothing about the rest. */
function coverageText({ nrReached, nrCells, never }: FuzzHere['coverage']): string[] {
  const head = `coverage ${nrReached} of ${nrCells}`;
  if (never.length === 0) return [`${head}.`];
  if (never.length > nrCells / NEVER_LISTED_PART) return [`${head}; what was never reached is in --json.`];
  return [`${head}; never reached:`, ...neverText(never)];
}

const NEVER_LISTED_PART = 4;

/** `fact Pin PtesZapped` and its like, one line for what has the first two words in common. */
function neverText(never: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const cell of never) {
    const [sort, of, ...what] = cell.split(' ');
    const key = sort === 'fact' ? of : `${sort} ${of}`;
    groups.set(key, [...(groups.get(key) ?? []), sort === 'step' ? `'${what.join(' ')}'` : what.join(' ')]);
  }
  return [...groups].flatMap(([key, cells]) => paragraph(`${key}: ${cells.join(', ')}`, '  ', 4));
}
