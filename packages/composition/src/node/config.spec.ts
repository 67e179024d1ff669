import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openWorkplace } from './config.ts';
import { resolveLanes } from '../lanes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

it('without a config file there are the built-in policies and profiles', async () => {
  const { catalogue, policies, configFile } = await openWorkplace(folder);
  expect(catalogue.shelf.plugins.has('early-cow')).toBe(true);
  expect([policies, configFile]).toEqual([null, null]);
});

const opened = (config?: string, plugins: readonly string[] = []): ReturnType<typeof openWorkplace> =>
  openWorkplace(folder, { config, plugins });
const problem = (config?: string): Promise<string> =>
  opened(config).then(() => 'opened', (error: Error) => error.message);
/** Whether it ran is seen from outside. */
const tracing = (): string =>
  `import { writeFileSync } from 'node:fs';\nwriteFileSync(${
    JSON.stringify(join(folder, 'ran'))
  }, '');\nexport default {};\n`;
const ran = (): boolean => existsSync(join(folder, 'ran'));

const DATA = {
  'cowlab.config.json': '{"policies":"my-kernel,naive-cow","profiles":{"my-kernel":["naive-cow","early-cow"]}}',
  'cowlab.config.yaml': 'policies: my-kernel,naive-cow\nprofiles:\n  my-kernel: [naive-cow, early-cow]\n',
  'cowlab.config.yml': 'policies: my-kernel,naive-cow\nprofiles:\n  my-kernel:\n    - naive-cow\n    - early-cow\n',
  'cowlab.config.toml': 'policies = "my-kernel,naive-cow"\n[profiles]\nmy-kernel = ["naive-cow", "early-cow"]\n',
};

it.each(Object.entries(DATA))('%s of the folder adds profiles and default lanes', async (name, text) => {
  write(name, text);
  const { catalogue, policies, configFile } = await opened();
  expect([policies, configFile]).toEqual(['my-kernel,naive-cow', join(folder, name)]);
  const [kernel] = await resolveLanes(policies ?? '', catalogue);
  expect(kernel.stack.map(({ plugin }) => plugin.id)).toEqual(['naive-cow', 'early-cow']);
});

it('a file that is asked for may be TypeScript and bring policies, options, profiles and default lanes', async () => {
  write('mine.ts', "export default { id: 'mine', summary: 'x.', over: 'early-cow' };\n");
  write('cowlab.config.ts', `import { defineConfig } from '@cowlab/composition';
import { definePolicy } from '@cowlab/plugin-api';
const other: string = 'other';
export default defineConfig({
  plugins: ['./mine.ts', definePolicy({ id: other, summary: 'x.' })],
  policies: 'my-kernel,mine',
  options: { 'early-cow': { series: 'v2' } },
  profiles: { 'my-kernel': ['naive-cow', 'mine', './mine.ts', 'other'] },
});\n`);
  const { catalogue, policies, configFile } = await opened('cowlab.config.ts');
  expect(policies).toBe('my-kernel,mine');
  expect(configFile).toBe(join(folder, 'cowlab.config.ts'));
  const [kernel, mine] = await resolveLanes(policies ?? '', catalogue);
  expect(kernel.stack.map(({ plugin }) => plugin.id)).toEqual(['naive-cow', 'mine', 'other']);
  expect(mine.stack.find(({ plugin }) => plugin.id === 'early-cow')?.options).toMatchObject({ series: 'v2' });
});

it('data that is asked for may name code, seen from its own folder; plugins of flags come after it', async () => {
  mkdirSync(join(folder, 'sub'));
  write('sub/my.json', '{"plugins":["./first.js"]}');
  write('sub/first.js', "export default { id: 'first', summary: 'x.' };\n");
  write('second.js', "export default { id: 'second', summary: 'x.' };\n");
  const { catalogue } = await opened('sub/my.json', ['./second.js']);
  expect([...catalogue.shelf.plugins.keys()].slice(-2)).toEqual(['first', 'second']);
});

describe('nothing that merely lies in the folder is run', () => {
  it.each(['cowlab.config.ts', 'cowlab.config.js', 'cowlab.config.mjs'])('%s is left out, and that is said',
    async (name) => {
      write(name, tracing());
      write('.cowlabrc', 'plugins: [./mine.js]');
      expect(await opened()).toMatchObject({ configFile: null,
        warnings: [`${name} is code and was not run; to run it, say --config ${name}`] });
      expect(ran()).toBe(false);
      await opened(name);
      expect(ran()).toBe(true);
    });

  it.each([
    '{"plugins":["./code.mjs"]}',
    '{"plugins":["a-package"]}',
    '{"plugins":["data:text/javascript,throw 1"]}',
    '{"policies":"linux-5.9,x=linux-5.9+./code.mjs"}',
    '{"profiles":{"mine":["naive-cow","./code.mjs"]}}',
    '{"profiles":{"mine":["naive-cow",{"policy":"code.mjs"}]}}',
  ])('data that names code is refused: %s', async (text) => {
    write('code.mjs', tracing());
    write('cowlab.config.json', text);
    expect(await problem()).toMatch(
      /^cowlab\.config\.json: names code \(.*\), and a file that merely lies here runs none; to run it, say --config cowlab\.config\.json$/,
    );
    expect(ran()).toBe(false);
  });
});

it.each([
  ['cowlab.config.json', '{ "plugins": [', 'cowlab.config.json: cannot be read: '],
  ['cowlab.config.toml', 'plugins = [', 'cowlab.config.toml: cannot be read: '],
  ['cowlab.config.yaml', 'a: [b\nc', 'cowlab.config.yaml: cannot be read: '],
  ['cowlab.config.json', '[]', 'cowlab.config.json: is no configuration; write an object of settings'],
  ['cowlab.config.json', '{"plugin":["./x.ts"]}', "cowlab.config.json: there is no setting 'plugin'; did you mean"],
  ['cowlab.config.json', '{"plugins":"./x.ts"}', "'plugins' has the wrong shape; it is a list of paths or policies"],
  ['cowlab.config.json', '{"profiles":{"mine":"naive-cow"}}', "cowlab.config.json: 'profiles' has the wrong shape"],
  ['cowlab.config.json', '{"profiles":{"__proto__":["naive-cow"]}}', "'profiles' has the wrong shape"],
  ['cowlab.config.json', '{"options":{"early-cow":{"seres":"v2"}}}', "plugin early-cow: has no option 'seres'"],
])('%s with %s is refused in one line', async (name, text, message) => {
  write(name, text);
  expect(await problem()).toContain(message);
  expect(await problem()).not.toContain('\n');
});

it.each([
  ['no.json', '--config no.json: there is no such file; check the path'],
  ['x.ini', '--config x.ini: has an ending that says nothing'],
  ['throws.mjs', 'throws.mjs: cannot be read: no; mend that file, or name another one'],
  ['names-nothing.json', 'plugin '],
])('--config %s is refused', async (name, message) => {
  write('throws.mjs', "throw new Error('no');\n");
  write('names-nothing.json', '{"plugins":["./nothing.ts"]}');
  expect(await problem(name)).toContain(message);
});

it('two files of data are one too many', async () => {
  write('cowlab.config.json', '{}');
  write('cowlab.config.yaml', '{}');
  expect(await problem()).toBe(
    'cowlab.config.json, cowlab.config.yaml: are all here; keep one, or say which: --config FILE',
  );
  expect(await problem('cowlab.config.yaml')).toBe('opened');
});
