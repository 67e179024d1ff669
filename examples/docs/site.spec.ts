/**
 * `npm run docs` in parts: which pages it has, that they lead to each other, and that a broken link is found. The whole site is
 * made by its own command; it takes half a minute.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HAZARDS } from '@cowlab/plugin-api';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cowlab, ROOT } from './commands.ts';

interface Page {
  readonly name: string;
  readonly title: string;
  readonly group: string;
  readonly source: string | null;
  readonly text: string;
  readonly children?: readonly string[];
}
interface Entry {
  readonly kind: string;
  readonly name: string;
}

const tool = async <T>(name: string): Promise<T> =>
  await import(pathToFileURL(join(ROOT, 'tools/docs', `${name}.mjs`)).href) as T;
const { brokenLinks } = await tool<
  { brokenLinks: (site: string) => { pages: number; checked: number; broken: readonly string[] } }
>('links');
const { relinked, stage } = await tool<{
  relinked: (text: string, to: (target: string) => string) => string;
  stage: (pages: readonly Page[], to: string) => readonly string[];
}>('stage');
const { writtenPages } = await tool<{ writtenPages: () => readonly Page[] }>('pages');
const { entryPages, glossaryPage, hazardsPage } = await tool<{
  entryPages: (entries: readonly Entry[]) => readonly Page[];
  glossaryPage: (entries: readonly Entry[]) => string;
  hazardsPage: (entries: readonly Entry[]) => string;
}>('made-pages');

const explained = async (): Promise<readonly Entry[]> =>
  (JSON.parse(await cowlab(['explain', '--json'], ROOT)) as { entries: readonly Entry[] }).entries;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('the pages of the site', () => {
  it('are all of docs/ but the glossary, which is made, the questions with their answers, and the findings', () => {
    const sources = writtenPages().map(({ source }) => source);
    const docs = readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`);
    expect(docs.filter((name) => !sources.includes(name))).toEqual(['docs/glossary.md']);
    for (const source of ['README.md', 'examples/06-fork-or-spawn/README.md', 'examples/findings/torn-snapshot.md'])
      expect(sources).toContain(source);
  });

  it('have a name each, and a title', () => {
    const names = writtenPages().map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([]);
    expect(writtenPages().filter(({ title, source }) => title === source)).toEqual([]);
  });

  it('lead to each other and to files that are there, the words too', async () => {
    const entries = await explained();
    const made = (name: string, text: string): Page => ({ name, title: name, group: 'Reference', source: null, text });
    const missing = stage([...writtenPages(), made('glossary', glossaryPage(entries)),
      made('hazards', hazardsPage(entries)), ...entryPages(entries)], folder);
    expect(missing).toEqual([]);
    const page = (name: string): string => readFileSync(join(folder, `${name}.md`), 'utf8');
    expect(page('index')).toContain('(checker.md)');
    expect(page('policies')).toContain('(files/packages-core-src-policy-views.ts.txt)');
    expect(page('word-coherent')).toContain('[diverged](word-diverged.md), [H1](hazard-h1.md)');
  });

  it('name what a link does not find', () => {
    const page: Page = { name: 'odd', title: 'Odd', group: 'Guides', source: 'docs/odd.md',
      text: 'See [this](gone.md), [that](../README.md).' };
    expect(stage([page], folder)).toEqual(['docs/odd.md: gone.md']);
  });

  it('keep what only looks like a link', () => {
    const text = 'a [b](c.md) `[d](e.md)`\n```js\n[f](g.md)\n```\n[h](i.md#j)';
    expect(relinked(text, (target) => target.toUpperCase())).toBe(
      'a [b](C.MD) `[d](e.md)`\n```js\n[f](g.md)\n```\n[h](I.MD#J)',
    );
  });
});

describe('the words of the site', () => {
  it('are those of cowlab explain: all of them, and no other', async () => {
    const entries = await explained();
    const headings = Array.from(glossaryPage(entries).matchAll(/^### (.+)$/gm),
      ([, name]) => name.replaceAll('\\', ''));
    expect([...headings].sort()).toEqual(entries.map(({ name }) => name).sort());
    const pages = entryPages(entries);
    expect(new Set(pages.map(({ name }) => name)).size).toBe(entries.length);
  });

  it('tell of every hazard which situations and findings show it', async () => {
    const parts = hazardsPage(await explained()).split(/^## /m).slice(1);
    expect(parts.map((part) => part.split('\n')[0])).toEqual(Object.keys(HAZARDS));
    expect(parts[0]).toMatch(/\(examples\/situations\/01-rw-pin-fork-parent-writes\.cow\): .*linux-5\.7/);
    expect(parts[0]).not.toContain('02-rw-pin-fork-child-writes-first.cow): linux-5.7');
    expect(parts[4]).toContain('(examples/findings/torn-snapshot.md): 5.9 and later');
  });
});

describe('a link that leads nowhere', () => {
  const page = (body: string): string => `<!DOCTYPE html><html><body>${body}</body></html>`;

  it('is named with its page: no file, no place in it, or out of the site', () => {
    const site = write({
      'index.html': page(
        '<h1 id="top">x</h1><a href="a/b.html#there">1</a><a href="#top">2</a><a href="gone.html">3</a>'
          + '<a href="a/b.html#not-there">4</a><a href="../secret.html">5</a><a href="https://rxjs.dev">6</a>',
      ),
      'a/b.html': page('<p id="there">y</p><a href="../index.html">7</a>'),
    });
    expect(brokenLinks(site)).toEqual({ pages: 2, checked: 6,
      broken: ['index.html: gone.html (no such file)', 'index.html: a/b.html#not-there (no such place there)',
        'index.html: ../secret.html (leads out of the site)'] });
  });

  it('is one that loads something from the network', () => {
    const site = write({ 'index.html': page('<script src="https://cdn.example/x.js"></script><img src="gone.png"/>') });
    expect(brokenLinks(site).broken).toEqual(['index.html: https://cdn.example/x.js (is loaded from the network)',
      'index.html: gone.png (no such file)']);
  });
});
