/** `cowlab doctor`: what live runs left on this machine, what is kept of them, and what it can be asked. */
import { type MachineHealth, machineHealth, mendMachine } from '@cowlab/conformance';
import { count, paragraph } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';

interface DoctorFlags {
  readonly mend?: boolean;
  readonly json?: boolean;
}

export function addDoctor(program: Command, io: Io, ends: Ends): void {
  program.command('doctor')
    .summary('this machine: settings and caches')
    .description('Show what live runs changed, what is kept for them, and what this machine can judge.')
    .option('--mend', 'put settings back, remove what is spoiled')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
A live run notes what the hugetlb pool, THP and khugepaged were before it
changes them. Of one that was killed with all its processes the next live
run puts them back, and so does --mend.

Exit code 1 when there is something to mend.

Example:
  $ cowlab doctor`)
    .action((flags: DoctorFlags) => ends(doctor(flags, io)));
}

function doctor(flags: DoctorFlags, io: Io): ExitCode {
  let health = machineHealth(io.env);
  let mended: readonly string[] = [];
  if (flags.mend === true) {
    try {
      mended = mendMachine(health);
    } catch (cause) {
      throw new UsageError(`--mend: ${(cause as Error).message}; run it as the user of the live run, root`, { cause });
    }
    health = machineHealth(io.env);
  }
  const lines = flags.json === true
    ? [JSON.stringify({ kind: 'doctor', ...health, mended }, null, 2)]
    : textOf(health, mended);
  io.stdout.write(`${lines.join('\n')}\n`);
  return health.complaints.length > 0 ? EXIT.finding : EXIT.holds;
}

function textOf(
  { settings, changed, cache, kernels, lacks, complaints }: MachineHealth,
  mended: readonly string[],
): string[] {
  // Of sizes of folios those that somebody turned on: there are eight, and nearly always none.
  const told = Object.entries(settings).filter(([name, value]) =>
    !name.startsWith('mthp') || ![null, 'never', 'inherit'].includes(value)
  );
  const now = told.map(([name, value]) => `${name} ${value ?? 'none'}`).join(', ');
  const held = changed?.isOwned === true ? `; a live run goes on (pid ${changed.pid})` : '';
  const kept = 'problem' in cache ? 'none' : `${cache.folder}: ${count(cache.programs.length, 'compiled program')}`;
  const can = (what: string, lack: string | null): string[] =>
    paragraph(lack === null ? 'yes' : `no: ${lack}`, what.padEnd(20));
  return [
    ...paragraph(now + held, 'settings  '),
    ...paragraph(kept, 'cache     '),
    ...paragraph(kernels.length === 0 ? 'none fetched' : kernels.join(', '), 'kernels   '),
    '',
    'This machine can be asked for',
    ...can('  values, errnos', lacks.values),
    ...can('  page frames', lacks.frames),
    ...can('  other kernels', lacks.guests),
    '',
    ...mended.flatMap((line) => paragraph(line, 'mended    ')),
    ...complaints.flatMap((line) => paragraph(line, 'to mend   ')),
    ...(complaints.length > 0 ? ['', 'cowlab doctor --mend mends what can be mended.'] : ['Nothing is to be mended.']),
  ];
}
