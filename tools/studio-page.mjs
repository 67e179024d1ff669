// `node tools/studio-page.mjs`: the page of the studio as one HTML file, `packages/studio/built/studio.html`. Its policy names its
// scripts by their hashes, so nothing else in it can run, whatever document it is given.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './workspace.mjs';

const here = join(root, 'packages/studio');
const examples = join(root, 'examples');
export const page = join(here, 'built/studio.html');
/** Before the editor is loaded. */
const GZIPPED_MAX = 350 * 1024;

const read = (...path) => readFileSync(join(...path), 'utf8');

async function bundled(entry) {
  const { outputFiles: [{ text }], metafile } = await build({
    absWorkingDir: here,
    metafile: true,
    entryPoints: [join(here, entry)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@cowlab/source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
  });
  return { text: text.trim(), inputs: Object.keys(metafile.inputs).map((file) => join(here, file)) };
}

const minified = async (file) =>
  (await build({ entryPoints: [join(here, file)], bundle: true, minify: true, write: false, logLevel: 'error' }))
    .outputFiles[0].text.trim();

/** The first line that says what it is about. */
function titleOf(text, name) {
  const [, title] = /^title +(.+)$/m.exec(text) ?? /^question +(.+)$/m.exec(text) ?? [];
  return title?.trim() ?? name;
}

function gallery() {
  const from = (folder, ending, kind) =>
    readdirSync(join(examples, folder)).filter((name) => name.endsWith(ending)).sort().map((name) => {
      const text = read(examples, folder, name);
      return { kind, name, title: titleOf(text, name), text };
    });
  const rdma = read(here, '../cli/fixtures/rdma.cow');
  return [{ kind: 'scenario', name: 'rdma.cow', title: titleOf(rdma, 'rdma.cow'), text: rdma },
    ...from('situations', '.cow', 'scenario'), ...from('races', '.race', 'race')];
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const data = (value) => JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

/** Files that the page was built from, as they were then. */
const seen = join(dirname(page), 'inputs.json');
const stateOf = (file) => {
  const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
  return `${mtimeMs} ${size}`;
};

/** The page as it should be: built where a file that it is made of has changed since. Returns whether it was. */
export async function buildPageIfStale() {
  if (existsSync(page) && existsSync(seen)) {
    const before = Object.entries(JSON.parse(readFileSync(seen, 'utf8')));
    if (before.every(([file, state]) => stateOf(join(here, file)) === state)) return false;
  }
  await buildPage();
  return true;
}

function remember(inputs) {
  const folders = ['situations', 'races'].map((folder) => join(examples, folder));
  const files = [...inputs, ...folders, ...['page/page.html', 'page/style.css'].map((name) => join(here, name)),
    join(root, 'tools/studio-page.mjs')];
  writeFileSync(seen, JSON.stringify(Object.fromEntries(files.map((file) => [relative(here, file), stateOf(file)]))));
}

export async function buildPage() {
  const [{ text: app, inputs }, editor, style] = await Promise.all([
    bundled('page/main.tsx'),
    bundled('page/editor/editor.ts'),
    minified('page/style.css'),
  ]);
  const csp = [
    ...["default-src 'none'", `script-src ${hash(app)} ${hash(editor.text)}`, `style-src ${hash(style)}`,
      'img-src data: blob:'],
    ...['worker-src blob:', "base-uri 'none'", "form-action 'none'"],
  ].join('; ');
  const parts = { csp, style, gallery: data(gallery()), app, editor: editor.text };
  const fill = (template) => template.replace(/{{(\w+)}}/g, (_, name) => parts[name]);
  const template = read(here, 'page/page.html');
  const html = fill(template);
  const gz = (text) => gzipSync(text, { level: 9 }).length;
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, html);
  remember([...inputs, ...editor.inputs]);
  const sizes = { bytes: Buffer.byteLength(html), gzipped: gz(fill(template.replace('{{editor}}', ''))),
    editor: gz(editor.text) };
  if (sizes.gzipped > GZIPPED_MAX)
    throw new Error(`the page is ${sizes.gzipped} bytes gzipped, more than ${GZIPPED_MAX}`);
  return sizes;
}

async function buildAndSay() {
  const began = performance.now();
  const { bytes, gzipped, editor } = await buildPage();
  const kB = (n) => `${(n / 1024).toFixed(0)} kB`;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`studio.html  ${kB(bytes)}, ${kB(gzipped)} gzipped and its editor ${kB(editor)}, in ${seconds} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--if-stale')) await buildPageIfStale();
  else await buildAndSay();
}
