/** What the word under the pointer means. */
import type { Hover } from 'vscode-languageserver';
import { type LaneBook, partAt } from './lanes.ts';
import { type LanguageId, placeOf } from './languages.ts';
import { wordAt } from './words.ts';

export function hoverAt(
  language: LanguageId,
  text: string,
  { line, character }: { readonly line: number; readonly character: number },
  lanes: LaneBook,
): Hover | null {
  const found = wordAt(text.split('\n')[line] ?? '', character);
  if (found === null || found.word.text === '') return null;
  const { words, at, word } = found;
  const value = meaning(language, words.map((each) => each.text), at, character - word.start, lanes);
  return value === null
    ? null
    : { contents: { kind: 'markdown', value },
      range: { start: { line, character: word.start }, end: { line, character: word.end } } };
}

/** `column`: within the word. */
function meaning(
  language: LanguageId,
  words: readonly string[],
  at: number,
  column: number,
  lanes: LaneBook,
): string | null {
  const place = placeOf(language, words, at);
  const word = words[at];
  switch (place.is) {
    case 'word': {
      const term = place.terms.find((each) => each.word === word);
      return term === undefined ? null : `\`${term.shape}\`\n\n${term.says}`;
    }
    case 'lanes': {
      const name = word === '*' ? word : partAt(word, column)?.name;
      const told = name === undefined ? null : lanes.explain(name);
      return told === null ? null : `\`${name}\`\n\n${told}`;
    }
    case 'values': {
      const told = word.split(',').filter((name) => Object.hasOwn(place.values, name));
      return told.length === 0 ? null : told.map((name) => `\`${name}\`: ${place.values[name]}`).join('\n\n');
    }
    case 'operand':
      return `${place.name} of \`${place.shape}\``;
    case 'text':
      return null;
  }
}
