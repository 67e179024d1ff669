/** Verdicts for other programs: SARIF for code scanning, JUnit for builds, Markdown for tickets. */
import { HAZARDS } from '@cowlab/plugin-api';
import { markdownTable } from '@cowlab/prose';
import { documentOf, type Verdict } from '@cowlab/verdict';
import { keyOf } from './verdict-baseline.ts';

interface Finding {
  readonly hazard: string | null;
  readonly verdict: string | null;
  readonly what: string;
  readonly lines: readonly number[];
  readonly remedy?: string | null;
  readonly kernels?: readonly string[];
}

const findingsOf = (verdict: Verdict): readonly Finding[] => documentOf(verdict).hazards as readonly Finding[];
const LEVELS: Readonly<Record<string, string>> = { UNSAFE: 'error', DEPENDS: 'warning', UNNEEDED: 'note' };

/** SARIF 2.1.0; a rule is a hazard, a location the recording's line. */
export function sarifOf(verdicts: readonly Verdict[]): object {
  const rules = [...Object.entries(HAZARDS).map(([id, text]) => ({ id, shortDescription: { text } })), {
    id: 'not-shown',
    shortDescription: { text: 'the recording does not show what a verdict needs' },
  }];
  const results = verdicts.flatMap((verdict) =>
    findingsOf(verdict).map(({ hazard, verdict: word, what, lines, remedy }) => ({
      ruleId: hazard ?? 'not-shown',
      level: LEVELS[word ?? ''] ?? 'note',
      // What stays the same from run to run, so that code scanning knows a finding again.
      partialFingerprints: { 'cowlab/v1': keyOf(verdict.name, { hazard, verdict: word, what }) },
      message: { text: remedy === null || remedy === undefined ? what : `${what}. Remedy: ${remedy}` },
      locations: (lines.length === 0 ? [1] : lines).slice(-1).map((line) => ({ physicalLocation: {
        artifactLocation: { uri: encodeURI(verdict.name) },
        region: { startLine: line },
      } })),
    }))
  );
  return { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0',
    runs: [{ tool: { driver: { name: 'cowlab', rules } }, results }] };
}

/** A test case a kernel: UNSAFE fails, DEPENDS is an error. */
export function junitOf(verdicts: readonly Verdict[]): string {
  const suites = verdicts.map(({ name, kernels, sentence }) => {
    const bad = kernels.filter(({ verdict }) => verdict === 'UNSAFE');
    const open = kernels.filter(({ verdict }) => verdict === 'DEPENDS');
    const cases = kernels.map(({ kernel, verdict, claims }) => {
      const why = claims.filter(({ word }) => word === verdict).map((one) => one.why).join('\n');
      const tag = verdict === 'UNSAFE' ? 'failure' : verdict === 'DEPENDS' ? 'error' : null;
      const head = `    <testcase classname="${xml(name)}" name="${xml(kernel)}">`;
      return tag === null
        ? `${head}</testcase>`
        : `${head}\n      <${tag} message="${xml(verdict)}">${xml(why)}</${tag}>\n    </testcase>`;
    });
    return [
      `  <testsuite name="${xml(name)}" tests="${kernels.length}" failures="${bad.length}" errors="${open.length}">`,
      ...cases,
      `    <system-out>${xml(sentence)}</system-out>`,
      '  </testsuite>',
    ].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>'].join('\n');
}

export function markdownOf(verdict: Verdict): string {
  const { name, sentence, kernels, notShown } = verdict;
  const rows = kernels.map((
    one,
  ) => [one.kernel, one.verdict, one.claims.find(({ word }) => word === one.verdict)?.why ?? '']);
  return [`### ${name}`, '', sentence, '', ...markdownTable(['kernel', 'verdict', 'why'], rows),
    ...(notShown.length === 0 ? [] : ['', 'Not shown by this recording:', '', ...notShown.map((one) => `- ${one}`)])]
    .join('\n');
}

/** Control characters have no place in XML, not even escaped. */
const xml = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(
    />/g,
    '&gt;',
  )
    .replace(/"/g, '&quot;');
