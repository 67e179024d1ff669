/**
 * A finding as a file that people and machines read: a `.cow` scenario, its comments saying where it comes from and
 * what differs.
 */
import { type FolioSize, formatPrograms, parseScenario, type Program, scenario, ScenarioError } from '@cowlab/scenario';
import type { Divergence } from '../compare/divergence.ts';
import type { FuzzFinding } from './fuzz.ts';

export interface FindingOrigin {
  /** The command that makes it again. */
  readonly command: string;
  readonly release: string;
  /** The lane of the model. */
  readonly profile: string;
  /** What the machine adds to it, in words; null: nothing. */
  readonly machine: string | null;
}

export interface SavedFinding {
  /** `.cow`; or `.programs.txt` for what a scenario may not say, such as a part of a hugetlb page remapped. */
  readonly extension: '.cow' | '.programs.txt';
  readonly text: string;
}

export function savedFinding(
  finding: FuzzFinding,
  { command, release, profile, machine }: FindingOrigin,
): SavedFinding {
  const program = finding.shrunk?.program ?? finding.program;
  const divergence = finding.shrunk?.divergence ?? finding.divergence;
  const comments = [
    `found by: ${command}`,
    `kernel ${release}, profile ${profile}`,
    ...(machine === null ? [] : [machine]),
    ...(finding.shrunk === null
      ? ['asked again, the kernel did something else']
      : [`shrunk from ${finding.program.steps.length} to ${program.steps.length} steps`]),
    ...differenceLines(divergence),
  ].map((line) => `# ${line}\n`).join('');
  const cow = cowText(program, `Does ${profile} do what Linux ${release} does?`, titleOf(divergence));
  return cow === null
    ? { extension: '.programs.txt', text: comments + formatPrograms([{ ...program, id: String(finding.number) }]) }
    : { extension: '.cow', text: comments + cow };
}

/** Where the two part, and what each of them does. */
export function differenceLines(
  { step, stepText, process, region, page, slot, memory, kernel, model }: Divergence,
): string[] {
  const place = [['process', process], ['region', region], ['page', page], ['slot', slot]].flatMap((
    [name, nr],
  ) => (nr === null ? [] : [`${name} ${nr}`])).join(', ');
  const where = [step < 0 ? 'last loads' : `step ${step}, ${stepText}`, ...(place === '' ? [] : [place]),
    ...(memory === null ? [] : [memory])].join('; ');
  return [`first difference at ${where}`, `kernel: ${kernel}`, `model:  ${model}`];
}

function titleOf({ kind, stepText, memory }: Divergence): string {
  return `${kind} differs at "${stepText}"${memory === null ? '' : ` (${memory})`}`;
}

/** null: the language of scenarios refuses what the kernel was asked. */
function cowText(program: Program, question: string, title: string): string | null {
  let draft = scenario(question).title(title).pool(program.pool);
  const { thp, mthp = {} } = program.settings ?? {};
  if (thp !== undefined) draft = draft.thp(thp);
  for (const [size, mode] of Object.entries(mthp)) draft = draft.mthp(size as FolioSize, mode);
  for (const [r, pages] of Object.entries(program.watch)) draft = draft.watch(Number(r), ...pages);
  for (const step of program.steps) draft = draft.step(step);
  const text = draft.text();
  try {
    parseScenario(text, 'finding');
    return text;
  } catch (cause) {
    if (cause instanceof ScenarioError) return null;
    throw cause;
  }
}
