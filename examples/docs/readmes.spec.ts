/** Every package and every plugin says what it is, what it may import and where to begin, and says it as the code does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BUILT_IN } from '@cowlab/composition';
import { ROOT } from './commands.ts';

interface Row {
  readonly cowlab: readonly string[];
  readonly npm: readonly string[];
}

const { LAYERS } = createRequire(import.meta.url)(join(ROOT, 'tools/layers.cjs')) as {
  readonly LAYERS: Readonly<Record<string, Row>>;
};
const foldersIn = (group: string): string[] =>
  readdirSync(join(ROOT, group)).filter((name) => existsSync(join(ROOT, group, name, 'package.json')));
const readme = (folder: string): string => readFileSync(join(ROOT, folder, 'README.md'), 'utf8');
/** What a page says after "May import:", up to the end of that paragraph's sentence about it. */
const mayImport = (folder: string): string =>
  /^\*\*May import:\*\* (.*?)\.(?: |\n|$)/ms.exec(readme(folder))?.[1] ?? '';
const DIRECT = ['prose', 'plugin-api', 'runtime', 'scenario', 'trial', 'checker', 'oracle', 'trace', 'testing',
  'journal', 'verdict'];

describe.each([...foldersIn('packages').map((name) => `packages/${name}`),
  ...foldersIn('plugins').map((name) => `plugins/${name}`)])('%s', (folder) => {
    it('has a README whose links lead somewhere', () => {
      const links = Array.from(readme(folder).matchAll(/\]\(([^)#]+)[^)]*\)/g), ([, link]) => link);
      expect(links.length).toBeGreaterThan(0);
      const ours = links.filter((link) => !/^https?:/.test(link));
      expect(ours.filter((link) => !existsSync(join(ROOT, folder, link)))).toEqual([]);
    });

    it('begins with its name and what it is', () => {
      const [, title, what] = /^# (\S+)\n\n(\S.+)/.exec(readme(folder)) ?? [];
      const { name } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
        readonly name: string;
      };
      expect(name.replace('@cowlab/policy-', '')).toBe(title);
      expect(what.length).toBeGreaterThan(20);
    });
  });

describe('what a package may import', () => {
  it.each(DIRECT)('%s says it as the table does', (name) => {
    const said = new Set(Array.from(mayImport(`packages/${name}`).matchAll(/`([\w-]+)`/g), ([, word]) => word));
    expect([...said].sort()).toEqual([...LAYERS[`packages/${name}`].cowlab].sort());
  });
});

describe('a plugin', () => {
  it.each(foldersIn('plugins'))('%s is told in the words of its summary', (name) => {
    const summary = BUILT_IN.find(({ id }) => id === name)?.summary;
    expect(summary).toBeDefined();
    expect(readme(`plugins/${name}`).replace(/\s+/g, ' ')).toContain(summary);
  });
});
