/** What the whole replay found, for a terminal: faults of ours, and the audit of page faults. */
import { count, paragraph, table } from '@cowlab/prose';
import type { FaultAudit } from '../audit/fault-audit.ts';
import type { Replay } from '../replay/replay.ts';

const DIFFERENCES_MAX = 8;

export function differencesText(replay: Replay | null): string[] {
  if (replay === null || replay.differences.length === 0) return [];
  const { differences, kernel, assumed } = replay;
  const more = differences.length - DIFFERENCES_MAX;
  return ['',
    `Faults of ours: the model of ${kernel}${
      assumed ? ' (taken for the recorded kernel)' : ''
    } does not do what was recorded:`,
    ...differences.slice(0, DIFFERENCES_MAX).flatMap(({ source, what }) =>
      paragraph(`line ${source.line}: ${what}`, '  - ', 4)
    ), ...(more > 0 ? [`  and ${more} more; --json has all`] : [])];
}

export function auditText(replay: Replay | null): string[] {
  if (replay === null) return [];
  const { audit, kernel, assumed, refused } = replay;
  const head = `Audit against ${kernel}${
    assumed ? ', which is taken for the recorded kernel (--recorded-on names it)' : ''
  }`;
  if (refused !== null) return ['', `${head}: not carried out: ${refused}`];
  if (audit === null)
    return ['', `${head}: the recording has no page faults that can be used; cowlab trace records them`];
  return ['', `${head}:`, '', ...summary(audit), ...first(audit)];
}

function summary(audit: FaultAudit): string[] {
  const rows = [...rowsOf(audit.explained, 'explained'), ...rowsOf(audit.unexplained, 'UNEXPLAINED')];
  const code = audit.withCode === 0
    ? 'none has the error code of the processor'
    : `${count(audit.withCode, 'has', 'have')} the error code of the processor`;
  return [
    ...paragraph(`${count(audit.faults, 'fault')} on private memory, ${audit.nrUnexplained} unexplained; ${code}; `
      + `${count(audit.ofFiles, 'fault')} on pages of files and shared memory, which the page cache decides over${
        audit.notJudged === 0 ? '' : `; ${count(audit.notJudged, 'fault')} of processes that were there before`
      }`),
    '',
    ...table(['', 'what the model did', 'faults'], rows, ['left', 'left', 'right']),
  ];
}

const rowsOf = (of: Readonly<Record<string, number>>, how: string): string[][] =>
  Object.entries(of).map(([kind, nr]) => [how, kind, String(nr)]);

function first({ first: found }: FaultAudit): string[] {
  if (found === null) return [];
  return ['', 'The first that is unexplained:',
    ...Object.entries(found).flatMap(([key, value]) => paragraph(String(value), `  ${key.padEnd(9)} `))];
}
