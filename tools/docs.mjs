// `npm run docs`: the guides, the public API, the matrix, the races as the tool draws them, hazards and words, as a site of
// plain files with a search: it is opened from the disk and asks no network. `npm run docs -- --out DIR` puts it elsewhere.
//
// One tool makes pages and API alike, so that there is one navigation and one search. TypeDoc was tried against
// markdown-it with minisearch beside it: its documents have all that the pages need, its index is a script and works from
// file://, and nothing of a second theme is ours to keep.
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './workspace.mjs';

const HELP = `npm run docs -- [--out DIR]

Writes the documentation as a site that works from the disk, without network. Exit code 1 when a link is broken.

  --out DIR   where to (default: site); what is there must be a site, which is replaced
  --help

Example: npm run docs -- --out /tmp/cowlab-site`;

/** What a cowlab command prints. */
export async function ask(args) {
  const { main } = await import('cowlab');
  let out = '';
  let err = '';
  const code = await main(args, { stdout: { write: (text) => void (out += text) },
    stderr: { write: (text) => void (err += text) }, cwd: root, env: {} });
  if (code > 1) throw new Error(`cowlab ${args.join(' ')}: ${err}`);
  return out;
}

/** What is replaced must be a site, or nothing. */
function mayReplace(out) {
  return !existsSync(out) || existsSync(join(out, 'assets/navigation.js')) || readdirSync(out).length === 0;
}

/** Returns what is wrong with what came. */
export async function makeDocs(out, say) {
  const { pagesOf } = await import('./docs/pages.mjs');
  const { HOME, stage } = await import('./docs/stage.mjs');
  const { makeSite } = await import('./docs/api.mjs');
  const { brokenLinks } = await import('./docs/links.mjs');
  const staged = mkdtempSync(join(tmpdir(), 'cowlab-site-'));
  // Beside its place, so that it is moved there in one step.
  const made = `${out}.part`;
  rmSync(made, { recursive: true, force: true });
  try {
    const pages = await say('pages', () => pagesOf(ask), (made) => `${made.length} pages`);
    const under = new Set(pages.flatMap(({ children = [] }) => children));
    const names = pages.map(({ name }) => name).filter((name) => name !== HOME && !under.has(name));
    const missing = stage(pages, staged);
    const complaints = await say('site', () => makeSite(staged, names, made), () => 'API and pages');
    const { broken, pages: nr, checked } = await say('links', () => brokenLinks(made), (found) =>
      `${found.checked} in ${found.pages} files`);
    if (nr === 0 || checked === 0) throw new Error('the site is empty');
    rmSync(out, { recursive: true, force: true });
    renameSync(made, out);
    return [...missing.map((line) => `${line} (no such file)`), ...complaints, ...broken];
  } finally {
    rmSync(staged, { recursive: true });
    rmSync(made, { recursive: true, force: true });
  }
}

/** Bad usage ends here, with one line. */
function optionsOf() {
  try {
    return parseArgs({
      options: { out: { type: 'string', default: join(root, 'site') }, help: { type: 'boolean' } },
    }).values;
  } catch (cause) {
    console.error(`docs: ${cause.message}; npm run docs -- --help`);
    return process.exit(2);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const values = optionsOf();
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const began = performance.now();
  const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const say = async (name, work, told) => {
    const start = performance.now();
    process.stdout.write(name.padEnd(7));
    const came = await work();
    console.log(`${seconds(start).padStart(7)}  ${told(came)}`);
    return came;
  };
  const out = resolve(values.out);
  try {
    if (!mayReplace(out)) throw new Error(`${out}: there is something else; name another folder with --out`);
    const wrong = await makeDocs(out, say);
    for (const line of wrong) console.error(line);
    console.log(`${'all'.padEnd(7)}${seconds(began).padStart(7)}  ${join(out, 'index.html')}`);
    if (wrong.length > 0)
      console.error(`docs: ${wrong.length} ${wrong.length === 1 ? 'thing is' : 'things are'} broken`);
    process.exitCode = wrong.length > 0 ? 1 : 0;
  } catch (cause) {
    console.error(`docs: ${cause.message}`);
    process.exitCode = 2;
  }
}
