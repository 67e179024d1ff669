/** Results as JUnit XML, for whoever collects those. An expected failure is a skipped test of type xfail. */
import { tally, type TestResult, type TestSuite } from './test-result.ts';

export function junit(suites: readonly TestSuite[]): string {
  const { tests, failures, skipped } = totals(suites.flatMap(({ results }) => results.flatMap(leaves)));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="cowlab" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}">`,
    ...suites.flatMap(suiteLines),
    '</testsuites>',
    '',
  ].join('\n');
}

/** JUnit knows no tests within tests. */
function leaves(result: TestResult): readonly TestResult[] {
  return result.tests?.flatMap(leaves) ?? [result];
}

function suiteLines({ name, facts, results: told }: TestSuite): string[] {
  const results = told.flatMap(leaves);
  const { tests, failures, skipped } = totals(results);
  return [
    `  <testsuite name="${escaped(name)}" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}">`,
    '    <properties>',
    ...Object.entries(facts).map(([fact, value]) =>
      `      <property name="${escaped(fact)}" value="${escaped(value)}"/>`
    ),
    '    </properties>',
    ...results.flatMap((result) => caseLines(name, result)),
    '  </testsuite>',
  ];
}

function caseLines(suite: string, { name, outcome, why = '', notes = [] }: TestResult): string[] {
  const open = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
  const out = notes.length === 0 || outcome === 'fail'
    ? []
    : [`      <system-out>${escaped(notes.join('\n'))}</system-out>`];
  switch (outcome) {
    case 'pass':
      return out.length === 0 ? [`${open}/>`] : [`${open}>`, ...out, '    </testcase>'];
    case 'fail':
      return [`${open}>`,
        `      <failure message="${escaped(notes[0] ?? 'failed')}">${escaped(notes.join('\n'))}</failure>`,
        '    </testcase>'];
    case 'skip':
      return [`${open}>`, `      <skipped message="${escaped(why)}"/>`, ...out, '    </testcase>'];
    case 'xfail':
      return [`${open}>`, `      <skipped type="xfail" message="${escaped(why)}"/>`, ...out, '    </testcase>'];
  }
}

function totals(
  results: readonly TestResult[],
): { readonly tests: number; readonly failures: number; readonly skipped: number } {
  const { fail, skip, xfail } = tally(results);
  return { tests: results.length, failures: fail, skipped: skip + xfail };
}

/** Control characters have no place in XML, not even escaped. */
function escaped(text: string): string {
  return text.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/gu, '?')
    .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/\n/g, '&#10;');
}
