/** What the pages show is what the laboratory says. `COWLAB_DOCS=update npm test -- examples/docs` rewrites them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { HAZARDS } from '@cowlab/plugin-api';
import { parseScenario } from '@cowlab/scenario';
import { HOOK_NAMES, NAIVE_TRAITS } from '@cowlab/core';
import { STEP_OPS } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { consoleBody, cowlab, programOutput, ROOT } from './commands.ts';
import { fencesOf, rewritten } from './document.ts';
import { TABLES } from './tables.ts';

const PATIENCE_MS = 300_000;
const list = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(ROOT, folder)).filter((name) => pattern.test(name)).sort();
const PAGES = ['README.md', ...list('docs', /\.md$/).map((name) => `docs/${name}`),
  ...list('examples', /^\d\d-/).map((name) => `examples/${name}/README.md`),
  ...list('examples/findings', /\.md$/).map((name) => `examples/findings/${name}`)];
const pageText = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A folder outside the repository with the files that the page tells people to write. */
async function inFolder<T>(page: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-docs-'));
  try {
    for (const { settings, body } of fencesOf(pageText(page)))
      if (settings.file !== undefined) writeFileSync(join(folder, settings.file), `${body.join('\n')}\n`);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(PAGES)('%s', (page) => {
  it('shows what its commands print and what its tables are made from (COWLAB_DOCS=update rewrites it)', async () => {
    const text = pageText(page);
    const now = await inFolder(page, (folder) =>
      rewritten(
        text,
        async (fence) =>
          fence.language === 'console'
            ? consoleBody(fence, folder)
            : fence.settings.out === undefined
            ? fence.body
            : programOutput(fence.settings.out, folder),
        (name) => TABLES[name](),
      ));
    if (process.env.COWLAB_DOCS === 'update') writeFileSync(join(ROOT, page), now);
    else expect(text).toBe(now);
  }, PATIENCE_MS);

  it('links to files that are there', () => {
    const links = Array.from(pageText(page).matchAll(/\]\(([^)#\s]+)/g), ([, link]) => link).filter((link) =>
      !/^https?:/.test(link)
    );
    expect(links.filter((link) => !existsSync(resolve(ROOT, dirname(page), link)))).toEqual([]);
  });

  it('has scenarios that read', () => {
    for (const { language, body, line } of fencesOf(pageText(page))) {
      if (language === 'cow') expect(parseScenario(body.join('\n'), `${page}:${line}`).program.steps).not.toEqual([]);
    }
  });
});

describe('the policy of README.md', () => {
  const blocks = ['README.md', 'docs/policies.md'].flatMap((page) => fencesOf(pageText(page)));
  const block = (name: string): readonly string[] => blocks.find(({ settings }) => settings.file === name)?.body ?? [];

  it('is short, and shown as plain data there and with types in docs/policies.md', () => {
    expect(block('my-policy.mjs').join('\n')).not.toContain('import');
    expect(block('my-policy.ts')[0]).toBe("import { definePolicy } from 'cowlab/policy';");
    for (const name of ['my-policy.mjs', 'my-policy.ts']) {
      expect(block(name)).toContain("  onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined),");
      expect(block(name).length).toBeLessThan(10);
    }
  });

  it.each([['my-policy.mjs', 'plain.ts'], ['my-policy.mjs', 'plain.mjs'], ['my-policy.ts', 'typed.ts'], ['my-policy.ts',
    'typed.mjs']])('%s runs as %s in a folder that has nothing installed, and keeps the pin', async (from, name) => {
      const out = await inFolder('README.md', (folder) => {
        writeFileSync(join(folder, name), block(from).join('\n'));
        return cowlab(['compare', 'buffer.cow', '--policies', `naive-cow,./${name}`], folder);
      });
      expect(out).toMatch(/^naive-cow +0: diverged at 0 +H1 H4/m);
      expect(out).toMatch(/^my-policy +0: coherent +none/m);
    });
});

describe('the pages leave nothing out', () => {
  const named = (page: string): ReadonlySet<string> =>
    new Set(Array.from(pageText(page).matchAll(/`([\w-]+)/g), ([, word]) => word));

  it('README.md tells the steps of npm test in their order', () => {
    const steps = Array.from(readFileSync(join(ROOT, 'tools/test.mjs'), 'utf8').matchAll(/^ {2}(\w+): \(\) =>/gm),
      ([, step]) => step);
    expect(steps).toContain('jest');
    const [, told = ''] = /^`npm test` runs (.*?)\.$/ms.exec(pageText('README.md')) ?? [];
    expect(Array.from(told.matchAll(/`(\w+)`/g), ([, step]) => step)).toEqual(steps);
  });

  it('README.md says for whom it is, and what lane, pin, coherent, diverged and H1 are, before it shows an answer', () => {
    const [before] = pageText('README.md').split('```console');
    expect(before).toMatch(/for kernel developers/);
    for (const word of ['lane', 'pin', 'coherent', 'diverged', 'H1']) expect(before).toContain(`*${word}*`);
    expect(before.split('\n').length).toBeLessThan(25);
  });

  it('docs/scenarios.md names every step', () => {
    const words = named('docs/scenarios.md');
    expect(STEP_OPS.filter((op) => !words.has(op))).toEqual([]);
  });

  it('docs/policies.md names every hook and trait', () => {
    const words = named('docs/policies.md');
    expect([...HOOK_NAMES, ...Object.keys(NAIVE_TRAITS)].filter((name) => !words.has(name))).toEqual([]);
  });

  it('README.md has every hazard', () => {
    expect(Object.keys(HAZARDS).filter((id) => !pageText('README.md').includes(`| ${id} `))).toEqual([]);
  });
});
