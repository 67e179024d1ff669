/** Data in, text out: the exact inverse of parsing, but for comments and blank lines. */
import { formatExpectation } from './expectation.ts';
import { settingLines } from './machine-settings.ts';
import type { Program, Scenario } from './program.ts';
import { POOL_DEFAULT } from './operand.ts';
import { formatStep } from './step.ts';
import { formatXfail } from './xfail.ts';

export function formatScenario({ question, title, program, expects, xfails }: Scenario): string {
  const head = [`question ${question}`, ...(title === undefined ? [] : [`title ${title}`])];
  return joined([...head, ...bodyOf(program), ...xfails.map(formatXfail), ...expects.map(formatExpectation)]);
}

/** Programs without an id are numbered by their place. */
export function formatPrograms(programs: readonly Program[]): string {
  return joined(programs.flatMap((program, at) => [`prog ${program.id ?? at}`, ...bodyOf(program), 'end']));
}

function bodyOf({ pool, settings = {}, watch, steps }: Program): string[] {
  const watched = Object.entries(watch).map(([r, pages]) => `watch ${r} ${pages.join(' ')}`);
  return [...settingLines(settings), ...(pool === POOL_DEFAULT ? [] : [`pool ${pool}`]), ...watched,
    ...steps.map(formatStep)];
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
