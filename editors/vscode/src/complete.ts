/** What may be typed at the cursor. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import { type LaneBook, partAt } from './lanes.ts';
import { type LanguageId, placeOf } from './languages.ts';
import { wordAt } from './words.ts';

interface Offer {
  readonly name: string;
  readonly kind: CompletionItemKind;
  readonly shape?: string;
  readonly says: string;
}

export function completionsAt(
  language: LanguageId,
  text: string,
  { line, character }: { readonly line: number; readonly character: number },
  lanes: LaneBook,
): readonly CompletionItem[] {
  const found = wordAt(text.split('\n')[line] ?? '', character);
  if (found === null) return [];
  const { words, at, word } = found;
  const place = placeOf(language, words.map((each) => each.text), at);
  const typed = word.text.slice(0, character - word.start);
  const { offers, from } = place.is === 'lanes'
    ? lanesFor(typed, lanes)
    : { offers: offersAt(place),
      from: place.is === 'values' && place.name === 'MEMORY' ? typed.lastIndexOf(',') + 1 : 0 };
  const range = { start: { line, character: word.start + from }, end: { line, character } };
  return offers.map(({ name, kind, shape, says }) => ({ label: name, kind,
    ...(shape !== undefined && { detail: shape }), documentation: { kind: 'markdown', value: says },
    textEdit: { range, newText: name } })
  );
}

function offersAt(place: ReturnType<typeof placeOf>): readonly Offer[] {
  if (place.is === 'word')
    return place.terms.map(({ word, shape, says }) => ({ name: word, kind: CompletionItemKind.Keyword, shape, says }));
  if (place.is !== 'values') return [];
  return Object.entries(place.values).map(([name, says]) => ({ name, kind: CompletionItemKind.EnumMember, says }));
}

/** Kernels begin a lane, policies may also follow a plus, and an option follows its policy. `from`: where what is typed of it begins. */
function lanesFor(typed: string, lanes: LaneBook): { readonly offers: readonly Offer[]; readonly from: number } {
  const from = Math.max(...[',', '+', ':'].map((mark) => typed.lastIndexOf(mark))) + 1;
  const before = typed[from - 1];
  if (before === ':') {
    const options = lanes.options(partAt(typed.slice(0, from - 1), from - 2)?.name ?? '') ?? {};
    return { from,
      offers: Object.entries(options).map(([key, says]) => ({ name: `${key}=`, says,
        kind: CompletionItemKind.Property })
      ) };
  }
  const offers = lanes.names().filter(({ kind }) => kind === 'policy' || before !== '+').map((
    { name, kind, says },
  ) => ({
    name,
    says,
    kind: kind === 'policy' ? CompletionItemKind.Function : CompletionItemKind.Module,
  }));
  return { from, offers };
}
