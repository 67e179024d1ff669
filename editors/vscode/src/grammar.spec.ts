/** The colours: the files are what the tables of words make, and paint real files as the parser reads them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseRace } from '@cowlab/checker';
import { parseScenario } from '@cowlab/scenario';
import type * as Oniguruma from 'vscode-oniguruma';
import type * as Textmate from 'vscode-textmate';
import { grammarOf } from './grammar.ts';
import { type LanguageId, LANGUAGES } from './languages.ts';
import { wordsIn } from './words.ts';

const HERE = fileURLToPath(new URL('../', import.meta.url));
const ROOT = join(HERE, '../..');
const require = createRequire(import.meta.url);
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma') as typeof Oniguruma;
const { INITIAL, Registry } = require('vscode-textmate') as typeof Textmate;
const fileOf = (language: LanguageId): string => join(HERE, `syntaxes/${language}.tmLanguage.json`);

describe.each(['cow', 'race'] as const)('syntaxes/%s.tmLanguage.json', (language) => {
  it('is made from the tables of words (COWLAB_DOCS=update writes it)', () => {
    const made = grammarOf(language);
    if (process.env.COWLAB_DOCS === 'update' || !existsSync(fileOf(language)))
      writeFileSync(fileOf(language), `${JSON.stringify(made, null, 2)}\n`);
    expect(JSON.parse(readFileSync(fileOf(language), 'utf8'))).toEqual(made);
  });
});

const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const registry = new Registry({
  onigLib: Promise.resolve({ createOnigScanner: (patterns) => new OnigScanner(patterns),
    createOnigString: (piece) => new OnigString(piece) }),
  loadGrammar: async (scope) =>
    JSON.parse(readFileSync(fileOf(scope.replace('source.', '') as LanguageId), 'utf8')) as Textmate.IRawGrammar,
});

/** Each word of the text with the last of its scopes, as an editor paints it. */
async function painted(
  language: LanguageId,
  text: string,
): Promise<readonly (readonly [word: string, scope: string])[]> {
  const grammar = await registry.loadGrammar(`source.${language}`);
  let state = INITIAL;
  return text.split('\n').flatMap((line) => {
    const { tokens, ruleStack } = grammar!.tokenizeLine(line, state);
    state = ruleStack;
    return wordsIn(line).map(({ text: word, start }) => {
      const token = tokens.find(({ startIndex, endIndex }) => startIndex <= start && start < endIndex);
      return [word, (token?.scopes.at(-1) ?? '').replace(`.${language}`, '')] as const;
    });
  });
}

describe('an editor paints', () => {
  it('steps, lanes, assertions, words and numbers each in their colour', async () => {
    expect(await painted('cow', 'question What now?\nmmap 0 0 anon 4\nexpect linux-5.9 pin 0 diverged 1 # no')).toEqual(
      [
        ['question', 'keyword.other'],
        ['What', 'string.unquoted'],
        ['now?', 'string.unquoted'],
        ['mmap', 'keyword.control'],
        ['0', 'constant.numeric'],
        ['0', 'constant.numeric'],
        ['anon', 'constant.language'],
        ['4', 'constant.numeric'],
        ['expect', 'keyword.other'],
        ['linux-5.9', 'entity.name.lane'],
        ['pin', 'support.function'],
        ['0', 'constant.numeric'],
        ['diverged', 'constant.language'],
        ['1', 'constant.numeric'],
        ['#', 'source'],
        ['no', 'source'],
      ],
    );
  });

  it('what begins no line of the language as wrong', async () => {
    expect(await painted('race', 'gupfats 0\n  gupfast 0')).toEqual([['gupfats', 'invalid.illegal'], ['0', 'source'], [
      'gupfast',
      'keyword.control',
    ], ['0', 'constant.numeric']]);
  });

  it.each([['cow', 'examples/situations'], ['race', 'examples/races']] as const)(
    'nothing as wrong in a %s file that reads, and the first word of each line as one of the language',
    async (language, dir) => {
      const files = readdirSync(join(ROOT, dir)).filter((name) => name.endsWith(`.${language}`));
      expect(files.length).toBeGreaterThan(30);
      const known = LANGUAGES[language].terms.map(({ word }) => word);
      const odd: string[] = [];
      for (const file of files) {
        const lines = readFileSync(join(ROOT, dir, file), 'utf8').split('\n').filter((line) =>
          wordsIn(line).length > 0
        );
        for (const line of lines) {
          const [[word, scope]] = await painted(language, line);
          if (!scope.startsWith('keyword.') || !known.includes(word)) odd.push(`${file}: ${word} ${scope}`);
        }
      }
      expect(odd).toEqual([]);
    },
  );
});

describe('the snippets', () => {
  const snippets = (language: LanguageId): readonly { prefix: string; body: readonly string[] }[] =>
    Object.values(
      JSON.parse(readFileSync(join(HERE, `snippets/${language}.json`), 'utf8')) as Record<string,
        { prefix: string; body: readonly string[] }>,
    );
  /** As it stands there when nothing is typed into it. */
  const plain = (body: readonly string[]): string =>
    body.join('\n').replace(/\$\{\d+\|([^,|]+)[^}]*\|\}/g, '$1').replace(/\$\{\d+:([^}]*)\}/g, '$1');
  const whole = { cow: 'scenario', race: 'race' } as const;

  it.each(['cow', 'race'] as const)('of %s read as they stand, the whole file and the parts in it', (language) => {
    const all = snippets(language);
    const file = plain(all.find(({ prefix }) => prefix === whole[language])!.body);
    const read = (text: string): unknown =>
      language === 'cow' ? parseScenario(text, 'snippet') : parseRace(text, 'snippet');
    read(file);
    for (const { prefix, body } of all.filter((snippet) => snippet.prefix !== whole[language])) {
      const part = plain(body);
      const base = language === 'cow' ? 'question ?\nmmap 0 0 anon 4' : file.replace(/\ncheck .*$/, '');
      expect([prefix, () => read(`${base}\n${part}`)]).toEqual([prefix, expect.any(Function)]);
      read(`${base}\n${part}`);
    }
  });
});
