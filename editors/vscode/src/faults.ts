/** What is wrong with a file, as an editor shows it. The parser says it; here is only where that is on the screen. */
import type { ScenarioError } from '@cowlab/scenario';
import type { Diagnostic, Range } from 'vscode-languageserver';
import { DiagnosticSeverity } from 'vscode-languageserver';
import type { LaneBook } from './lanes.ts';
import { type LanguageId, LANGUAGES, placeOf } from './languages.ts';
import { wordsIn } from './words.ts';

/** Where `cowlab sweep` puts a value: what the line will say is not known. */
const HOLE = /\$\{[^}]*\}/;

export async function faultsOf(language: LanguageId, text: string, lanes: LaneBook): Promise<readonly Diagnostic[]> {
  const lines = text.split('\n');
  const faults = LANGUAGES[language].faults(text, '').filter(({ line }) => !HOLE.test(lines[line - 1] ?? ''));
  return [
    ...faults.map((fault) => ({ severity: DiagnosticSeverity.Error, range: rangeOf(fault, lines), source: 'cowlab',
      message: said(fault) })
    ),
    ...await laneFaults(language, lines, lanes),
  ];
}

/** Without the place, which is where it is shown. */
function said({ message, line, column }: ScenarioError): string {
  return message.slice(message.indexOf(`:${line}:${column}: `) + `:${line}:${column}: `.length);
}

/** The word at which the parser points; where one is missing, the last that is there. */
function rangeOf({ line, column }: ScenarioError, lines: readonly string[]): Range {
  const words = wordsIn(lines[line - 1] ?? '');
  const word = words.find(({ start, end }) => start <= column - 1 && column - 1 < end) ?? words.at(-1);
  return { start: { line: line - 1, character: word?.start ?? 0 }, end: { line: line - 1, character: word?.end ?? 0 } };
}

/** A warning: profiles and policies of one's own are known to the command, not to the editor. */
async function laneFaults(language: LanguageId, lines: readonly string[], lanes: LaneBook): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const [line, text] of lines.entries()) {
    const words = wordsIn(text);
    if (words.length < 2 || placeOf(language, words.map((word) => word.text), 1).is !== 'lanes') continue;
    const [, { text: said, start }] = words;
    for (const fault of await lanes.faults(said)) {
      found.push({ severity: DiagnosticSeverity.Warning, source: 'cowlab', message: fault.message,
        range: { start: { line, character: start + fault.start }, end: { line, character: start + fault.end } } });
    }
  }
  return found;
}
