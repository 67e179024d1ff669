/** The verdict as text for a terminal or a mail; its first line is the sentence. */
import { count, paragraph, table } from '@cowlab/prose';
import { type Claim, worse } from '../hazards/claims.ts';
import type { Verdict } from '../verdict.ts';
import { documentOf } from './document.ts';
import { hex } from '../story/entities.ts';
import { auditText, differencesText } from './replay-text.ts';

export function verdictText(verdict: Verdict, { audit = false }: { readonly audit?: boolean } = {}): string[] {
  const { sentence, evidence: { story } } = verdict;
  return [
    sentence,
    '',
    ...kernelTable(verdict),
    ...(story.holds.length === 0 ? [] : ['', ...rangeTable(verdict)]),
    ...(story.forks.length === 0 ? [] : ['', ...forkTable(verdict)]),
    ...differencesText(verdict.replay),
    ...findings(verdict),
    ...(audit ? auditText(verdict.replay) : []),
    ...notShown(verdict),
  ];
}

function kernelTable({ kernels }: Verdict): string[] {
  return table(['kernel', 'verdict', 'said of it'], kernels.map((
    { kernel, verdict, claims },
  ) => [kernel, verdict, count(claims.filter(({ word }) => word === verdict).length, 'finding')]));
}

const RANGES_MAX = 40;

function rangeTable(verdict: Verdict): string[] {
  const { evidence: { story }, kernels, claims } = verdict;
  const rows = story.holds.slice(0, RANGES_MAX).map((
    hold,
  ) => [String(hold.id), hold.kind, String(hold.pid), String(hold.line), hex(hold.base), String(hold.bytes),
    ...kernels.map(({ kernel }) =>
      claims.filter((one) => one.hold === hold && (one.kernel === null || one.kernel === kernel))
        .reduce((worst, { word }) => worse(worst, word), 'SAFE' as Claim['word'])
    )]
  );
  const more = story.holds.length > RANGES_MAX ? [`and ${story.holds.length - RANGES_MAX} more; --json has all`] : [];
  return ['Ranges that are held (buffer, by what, pid, line, address, bytes):', '',
    ...table(['nr', 'kind', 'pid', 'line', 'address', 'bytes', ...kernels.map(({ kernel }) => kernel)], rows), ...more];
}

function forkTable(verdict: Verdict): string[] {
  const forks = documentOf(verdict).forks as readonly { line: number; parent: number; child: number | null;
    failed: string | null; threads: number; onlyExecs: boolean; held: readonly number[];
    cost: { privateBytes: number; earlyCopies: number; nanoseconds: readonly [number, number] } }[];
  const rows = forks.slice(0, RANGES_MAX).map((
    { line, parent, child, failed, threads, onlyExecs, held, cost },
  ) => [String(line), String(parent), failed ?? String(child ?? '?'), String(held.length), String(threads),
    onlyExecs ? 'yes' : '-', String(cost.privateBytes / 1024), String(cost.earlyCopies),
    cost.nanoseconds.map((nanos) => (nanos / 1e6).toFixed(1)).join(' to ')]
  );
  return ['Forks that copied an address space (at most so many KiB, in so long; early copies since 5.9):', '',
    ...table(['line', 'parent', 'child', 'held', 'threads', 'only execs', 'KiB', 'early copies', 'ms'], rows)];
}

const FINDINGS_MAX = 12;

function findings({ claims, lints }: Verdict): string[] {
  const told = new Set<string>();
  const lines: string[] = [];
  const open = claims.filter(({ word }) => word !== 'SAFE').sort((a, b) => b.weight - a.weight);
  for (const { word, hazard, why, lines: proof, datum, command, remedy, kernel } of open) {
    const head = `${word}${hazard === null ? '' : ` ${hazard}`}${kernel === null ? '' : ` on ${kernel}`}`;
    if (told.has(head + why)) continue;
    told.add(head + why);
    lines.push('', ...paragraph(`${head}: ${why}`),
      ...(proof.length === 0 ? [] : paragraph(`lines ${[...new Set(proof)].join(', ')}`, '  ')),
      ...(datum === null || datum === why ? [] : paragraph(datum, '  missing  ')),
      ...(command === null ? [] : paragraph(command, '  by       ')),
      ...(remedy === null ? [] : paragraph(remedy, '  remedy   ')));
    if (told.size >= FINDINGS_MAX) break;
  }
  const notes = lints.slice(0, FINDINGS_MAX).flatMap((
    { what, remedy },
  ) => ['', ...paragraph(what, 'note  '), ...(remedy === null ? [] : paragraph(remedy, '  remedy   '))]);
  return [...lines, ...notes];
}

function notShown({ notShown: list }: Verdict): string[] {
  return list.length === 0
    ? []
    : ['', 'Not shown by this recording:', ...list.flatMap((one) => paragraph(one, '  - ', 4))];
}
