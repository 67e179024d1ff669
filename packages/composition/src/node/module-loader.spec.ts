import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUILT_IN } from '../built-in.ts';
import { ModulesOf } from './module-loader.ts';
import { PluginShelf } from '../plugin-shelf.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-plugins-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
  return `./${name}`;
}

const IMPORTS = "import { definePolicy } from '@cowlab/plugin-api';\n";
const problem = async (source: string): Promise<string> => {
  const error = await new PluginShelf(new ModulesOf(folder)).load(source).then(() => null, (cause: Error) => cause);
  expect(error?.message).not.toContain('\n');
  return error?.message ?? 'loaded';
};

describe('a policy from outside', () => {
  it('is a TypeScript file in a folder without a package, and its import of the plugin API is ours', async () => {
    const source = write('typed.ts', `${IMPORTS}import type { PageView } from '@cowlab/plugin-api';
const verdict: 'copy' = 'copy';
export default definePolicy({ id: 'typed', summary: 'Copies all.', onForkPage: (_page: PageView) => verdict });\n`);
    const plugin = await new PluginShelf(new ModulesOf(folder)).load(source);
    expect(plugin.id).toBe('typed');
    expect(plugin.create({}).onForkPage?.({} as never)).toBe('copy');
  });

  it.each(['module.mjs', 'script.js'])('is an ES module in plain JavaScript (%s)', async (name) => {
    const id = name.split('.')[0];
    const plugin = await new PluginShelf(new ModulesOf(folder)).load(
      write(name, `${IMPORTS}export default definePolicy({ id: '${id}', summary: 'x.' });\n`),
    );
    expect(plugin.id).toBe(id);
  });

  it('is plain data that imports nothing', async () => {
    const plugin = await new PluginShelf(new ModulesOf(folder)).load(
      write('data.js', "export default { id: 'data', summary: 'x.', onForkPage: () => 'copy' };\n"),
    );
    expect(plugin.create({}).onForkPage?.({} as never)).toBe('copy');
  });

  it('is a package that stands beside the program, with or without the prefix', async () => {
    write('node_modules/cowlab-policy-parcel/package.json',
      '{"name":"cowlab-policy-parcel","type":"module","exports":"./main.js"}');
    write('node_modules/cowlab-policy-parcel/main.js',
      `${IMPORTS}export default definePolicy({ id: 'parcel', summary: 'x.' });\n`);
    for (const name of ['parcel', 'cowlab-policy-parcel'])
      expect((await new PluginShelf(new ModulesOf(folder)).load(name)).id).toBe('parcel');
  });

  it.each(['data:text/javascript,export default {id:"d",summary:"d"}', 'https://x.invalid/p', '#x', 'fs', 'node:fs',
    'file:///etc/passwd', '', '..', '@/x'])('is not at %j, which is no path and no package', async (source) => {
      write('package.json', '{"imports":{"#x":"./beside.js"}}');
      write('beside.js', "export default { id: 'beside', summary: 'x.' };\n");
      expect(await problem(source)).toContain('is no path and no name of a package; write ./FILE for a file');
    });

  it('is loaded once, however often it is named', async () => {
    const source = write('once.js', "export default { id: 'once', summary: 'x.' };\n");
    const shelf = new PluginShelf(new ModulesOf(folder));
    expect(await shelf.load(source)).toBe(await shelf.load(join(folder, 'once.js')));
  });
});

describe('a policy that cannot be used stops the run and names the mend', () => {
  it('because its file is not there', async () => {
    expect(await problem('./nowhere.ts')).toBe(
      `plugin ./nowhere.ts: there is no such file; give its path as seen from ${folder}`,
    );
  });

  it('because it throws while it is imported', async () => {
    const source = write('throws.ts', `${IMPORTS}\nthrow new Error('no such\\nthing');\n`);
    expect(await problem(source)).toBe(
      'plugin ./throws.ts: fails to load: line 3: no such; mend that file, or leave it out',
    );
  });

  it('because it throws something that is no error', async () => {
    expect(await problem(write('odd.js', "throw 'a word';\nexport default 1;\n"))).toContain('fails to load: a word;');
  });

  it('because it does not parse, with the line', async () => {
    expect(await problem(write('syntax.ts', `${IMPORTS}export default definePolicy({ id: 'x'\n  summary: 3 });\n`)))
      .toMatch(/^plugin \.\/syntax\.ts: fails to load: line 3: .*Unexpected token.*; mend that file, or leave it out$/);
  });

  it('because it imports what is not installed', async () => {
    expect(await problem(write('needs.ts', "import x from 'not-installed-here';\nexport default x;\n"))).toContain(
      "Cannot find module 'not-installed-here'",
    );
  });

  it('because its default export is missing', async () => {
    expect(await problem(write('empty.ts', 'export const id = 3;\n'))).toContain('plugin ./empty.ts: has no');
  });

  it('because a hook has a name that no kernel path asks', async () => {
    expect(await problem(write('hook.ts', "export default { id: 'hook', summary: 'x.', onFrok: () => 'copy' };\n")))
      .toContain("has a field 'onFrok'");
    expect(
      await problem(write('near.ts', "export default { id: 'near', summary: 'x.', onForkPages: () => 'copy' };\n")),
    )
      .toBe("plugin near: has a field 'onForkPages'; did you mean 'onForkPage'?");
  });

  it('because its default export is of another kind', async () => {
    expect(await problem(write('alone.ts', "export default () => 'copy';\n")))
      .toBe('plugin ./alone.ts: gives a function for a policy; write `export default { id, summary, ...hooks }`');
  });

  it('because another policy has its id', async () => {
    expect(await problem(write('twin.ts', "export default { id: 'naive-cow', summary: 'x.' };\n")))
      .toBe(
        `plugin naive-cow: comes from ${
          join(folder, 'twin.ts')
        } and from the laboratory; give one of them another \`id\``,
      );
  });
});

it('the policies of the laboratory have ids that differ', () => {
  expect(new Set(BUILT_IN.map(({ id }) => id)).size).toBe(BUILT_IN.length);
});
