import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openWorkplace } from './config.ts';
import { resolveLanes } from '../lanes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const problem = (): Promise<string> => openWorkplace(folder).then(() => 'opened', (error: Error) => error.message);

it('without a config file there are the built-in policies and profiles', async () => {
  const { catalogue, policies, configFile } = await openWorkplace(folder);
  expect(catalogue.shelf.plugins.has('early-cow')).toBe(true);
  expect([policies, configFile]).toEqual([null, null]);
});

it('a config file in TypeScript adds policies, options, profiles and default lanes', async () => {
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
  const { catalogue, policies, configFile } = await openWorkplace(folder);
  expect(policies).toBe('my-kernel,mine');
  expect(configFile).toBe(join(folder, 'cowlab.config.ts'));
  const [kernel, mine] = await resolveLanes(policies ?? '', catalogue);
  expect(kernel.stack.map(({ plugin }) => plugin.id)).toEqual(['naive-cow', 'mine', 'other']);
  expect(mine.stack.find(({ plugin }) => plugin.id === 'early-cow')?.options).toMatchObject({ series: 'v2' });
});

it('plugins of flags come to those of the file', async () => {
  write('cowlab.config.mjs', "export default { plugins: [{ id: 'first', summary: 'x.' }] };\n");
  write('second.js', "export default { id: 'second', summary: 'x.' };\n");
  const { catalogue } = await openWorkplace(folder, ['./second.js']);
  expect([...catalogue.shelf.plugins.keys()].slice(-2)).toEqual(['first', 'second']);
});

it('a file that does not parse is refused in one line with its name', async () => {
  write('cowlab.config.ts', 'export default {\n  plugins: [,\n');
  expect(await problem()).toMatch(/^cowlab\.config(\.ts)?: cannot be read: .*; mend that file, or move it away$/);
});

it.each([
  ["{ plugin: ['./x.ts'] }", "cowlab.config.ts: there is no setting 'plugin'; did you mean 'plugins'?"],
  ["{ plugins: './x.ts' }", "cowlab.config.ts: 'plugins' has the wrong shape; it is a list of paths or policies"],
  ["{ profiles: { mine: 'naive-cow' } }", "cowlab.config.ts: 'profiles' has the wrong shape"],
  ["{ plugins: ['./x.ts'] }", 'plugin ./x.ts: there is no such file'],
  ["{ options: { 'early-cow': { seres: 'v2' } } }", "plugin early-cow: has no option 'seres'"],
])('%s is refused', async (text, message) => {
  write('cowlab.config.ts', `export default ${text};\n`);
  expect(await problem()).toContain(message);
});
