/**
 * Results as KTAP version 1, the format of the kernel's own tests. Notes stand before the result that they explain.
 * A suite is told as it runs: head, a result at a time, tail. Several suites are told as tests with subtests.
 */
import { ascii, COLUMNS, paragraph } from '@cowlab/prose';
import { joined, tally, type TestResult, type TestSuite } from './test-result.ts';

/** Everything before the first result, so the number of results must be known. */
export function ktapHead(nr: number, facts: TestSuite['facts'] = {}): string[] {
  return ['KTAP version 1', ...Object.entries(facts).flatMap(([name, fact]) => noteLines(`${name}: ${fact}`)),
    `1..${nr}`];
}

/** @param number from 1 on */
export function ktapResult(number: number, { name, outcome, why, notes = [], tests }: TestResult): string[] {
  const directive = outcome === 'skip'
    ? ` # SKIP ${plain(why ?? '')}`
    : outcome === 'xfail'
    ? ` # XFAIL ${plain(why ?? '')}`
    : '';
  const inner = tests === undefined
    ? []
    : [...ktapHead(tests.length), ...tests.flatMap((test, at) => ktapResult(at + 1, test))].map((line) => `  ${line}`);
  return [...inner, ...notes.flatMap((note) => noteLines(note)),
    `${outcome === 'fail' ? 'not ok' : 'ok'} ${number} ${plain(name)}${directive}`.trimEnd()];
}

export function ktapTail(results: readonly TestResult[]): string[] {
  const { pass, fail, xfail, skip } = tally(results);
  return [`# Totals: pass:${pass} fail:${fail} xfail:${xfail} xpass:0 skip:${skip} error:0`];
}

export function ktapSuite({ facts, results }: TestSuite): string[] {
  return [...ktapHead(results.length, facts), ...results.flatMap((result, at) => ktapResult(at + 1, result)),
    ...ktapTail(results)];
}

/** Each suite a test of its own. */
export function ktapSuites(suites: readonly TestSuite[], facts: TestSuite['facts'] = {}): string[] {
  return [
    ...ktapHead(suites.length, facts),
    ...suites.flatMap((suite, at) => {
      const { tests: _, ...whole } = joined(suite.name, suite.results);
      return [...ktapSuite(suite).map((line) => `  ${line}`), ...ktapResult(at + 1, whole)];
    }),
  ];
}

/** One line, and no `#`, which would begin a directive. */
function plain(text: string): string {
  return ascii(text.replace(/#/g, ' ').replace(/\s+/g, ' ')).trim();
}

/** Leading blanks of a note, by which notes set off what belongs to them, stay. */
function noteLines(note: string): string[] {
  const [indent] = /^ */.exec(note) as RegExpExecArray;
  return paragraph(note.trim(), `# ${indent}`, 4 + indent.length).map((line, at) =>
    (at === 0 ? line : `# ${line.slice(2)}`).slice(0, COLUMNS)
  );
}
