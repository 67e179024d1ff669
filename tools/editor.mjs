// `npm run editor -- --out DIR` writes the VS Code extension as a folder that needs nothing else: two bundles, grammars,
// snippets, README and licence. `--vsix FILE` also packs it, by vsce, which is fetched for that (140 MB, so it is no dependency).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './workspace.mjs';

const HELP = `npm run editor -- --out DIR [--vsix FILE]

Writes the VS Code extension to DIR, complete: copy it to ~/.vscode/extensions/, or start code with
--extensionDevelopmentPath=DIR.

  --vsix FILE   also pack it, for code --install-extension FILE (fetches vsce from the registry)

Example: npm run editor -- --out /tmp/cowlab-vscode --vsix /tmp/cowlab.vsix`;

const FROM = join(root, 'editors/vscode');
const VSCE = '@vscode/vsce@3';

/** From the sources, so that no build is needed and none can be stale. `vscode` is what the editor hands in. */
export async function bundle(out) {
  const common = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', external: ['vscode'],
    conditions: ['@cowlab/source'], logLevel: 'silent' };
  const entries = { server: 'server.ts', extension: 'extension.ts' };
  await build({ ...common, absWorkingDir: FROM, outdir: out, outExtension: { '.js': '.cjs' },
    entryPoints: Object.entries(entries).map(([name, file]) => ({ in: join(FROM, 'src', file), out: name })) });
}

/** Everything that the editor reads, and no more. */
export async function writeExtension(out) {
  mkdirSync(join(out, 'dist'), { recursive: true });
  for (const name of ['language-configuration.json', 'syntaxes', 'snippets'])
    cpSync(join(FROM, name), join(out, name), { recursive: true });
  // How it is made is for those who have the repository.
  const readme = readFileSync(join(FROM, 'README.md'), 'utf8');
  writeFileSync(join(out, 'README.md'), readme.slice(0, readme.indexOf('## How it is made')));
  cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'));
  const manifest = JSON.parse(readFileSync(join(FROM, 'package.json'), 'utf8'));
  // What is bundled is not installed.
  delete manifest.devDependencies;
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await bundle(join(out, 'dist'));
}

function packVsix(folder, file) {
  mkdirSync(dirname(file), { recursive: true });
  const args = ['--yes', VSCE, 'package', '--no-dependencies', '--allow-missing-repository', '--out', file];
  return spawnSync('npx', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  let values;
  try {
    ({ values } = parseArgs({
      options: { out: { type: 'string' }, vsix: { type: 'string' }, help: { type: 'boolean' } },
    }));
  } catch (cause) {
    console.error(`editor: ${cause.message}; npm run editor -- --help`);
    process.exit(2);
  }
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  if (values.out === undefined && values.vsix === undefined) {
    console.error('editor: say where the extension goes: npm run editor -- --out DIR');
    process.exit(2);
  }
  const out = values.out === undefined ? mkdtempSync(join(tmpdir(), 'cowlab-vscode-')) : resolve(values.out);
  try {
    await writeExtension(out);
    if (values.out !== undefined) console.log(out);
    if (values.vsix !== undefined) {
      if (packVsix(out, resolve(values.vsix))) console.log(resolve(values.vsix));
      else {
        console.error(
          'editor: vsce did not pack it (is there a network?); --out DIR gives a folder that works as it is',
        );
        process.exitCode = 1;
      }
    }
  } finally {
    if (values.out === undefined) rmSync(out, { recursive: true });
  }
}
