// `npm run pack -- --out DIR` writes a tarball of every package and plugin, as a registry would get it; `--check` also
// asks publint and arethetypeswrong about each. Packed is a copy of what each names in `files`: the manifest speaks of
// versions instead of the workspace, sources and maps stay here, README and licence come in.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { complaintsAbout } from './check-tarballs.mjs';
import { packageDirs, root } from './workspace.mjs';

const SOURCE = '@cowlab/source';
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const publicDirs = () => packageDirs().filter((dir) => json(join(root, dir, 'package.json')).private !== true);

/** What the package of that name also has: examples lie together in a package, and apart in a checkout. */
const ALONG = { '@cowlab/composition': copyExamples };

/** Of a folder of the checkout, what is of use elsewhere. */
const WANTED = {
  // Six times as much in the other sets; who wants them has a checkout.
  golden: (name) => name.startsWith('directed.'),
  races: (name) => name.endsWith('.race'),
  situations: (name) => name.endsWith('.cow'),
};

async function copyExamples(to) {
  const { EXAMPLES } = await import(pathToFileURL(join(root, 'packages/composition/dist/node/examples.js')).href);
  for (const [name, from] of Object.entries(EXAMPLES)) {
    const wanted = WANTED[name] ?? (() => true);
    const top = join(root, from);
    cpSync(top, join(to, 'examples', name), {
      recursive: true,
      filter: (path) => path === top || (!relative(top, path).includes('/') && wanted(relative(top, path))),
    });
  }
  return ['examples'];
}

/** `workspace:*` becomes the version that is there; what only a checkout has is left out. */
function manifestOf(manifest, files, versions) {
  const kept = { ...manifest };
  delete kept.devDependencies;
  const real = ([name, range]) => {
    if (!range.startsWith('workspace:')) return [name, range];
    if (versions[name] === undefined) throw new Error(`${manifest.name}: ${name} is not packed`);
    return [name, versions[name]];
  };
  const conditions = ([name, targets]) => [
    name,
    typeof targets === 'string'
      ? targets
      : Object.fromEntries(Object.entries(targets).filter(([condition]) => condition !== SOURCE)),
  ];
  return {
    ...kept,
    exports: Object.fromEntries(Object.entries(manifest.exports).map(conditions)),
    files,
    engines: json(join(root, 'package.json')).engines,
    ...(manifest.dependencies && { dependencies: Object.fromEntries(Object.entries(manifest.dependencies).map(real)) }),
  };
}

/** The compiler's output without its maps, which lead to sources that are not packed. */
function copyDist(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyDist(join(from, entry.name), join(to, entry.name));
    else if (/[.](js|d[.]ts)$/.test(entry.name)) {
      const text = readFileSync(join(from, entry.name), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
      writeFileSync(join(to, entry.name), text);
    }
  }
}

/** Lays one package out as it will be packed. */
async function stage(dir, to, versions) {
  const from = join(root, dir);
  const manifest = json(join(from, 'package.json'));
  mkdirSync(to, { recursive: true });
  const named = manifest.files.filter((name) => name !== 'src');
  for (const name of named) {
    if (name === 'dist') copyDist(join(from, name), join(to, name));
    else cpSync(join(from, name), join(to, name), { recursive: true });
  }
  const along = await ALONG[manifest.name]?.(to) ?? [];
  cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'));
  const readme = join(from, 'README.md');
  if (existsSync(readme)) cpSync(readme, join(to, 'README.md'));
  else writeFileSync(join(to, 'README.md'), `# ${manifest.name}\n\n${manifest.description}\n\nA part of cowlab.\n`);
  writeFileSync(join(to, 'package.json'),
    `${JSON.stringify(manifestOf(manifest, [...named, ...along], versions), null, 2)}\n`);
}

/** Returns name, path and sizes of each tarball in `out`; needs a build. */
export async function pack(out) {
  const dirs = publicDirs();
  const manifests = dirs.map((dir) => json(join(root, dir, 'package.json')));
  const versions = Object.fromEntries(manifests.map(({ name, version }) => [name, version]));
  const staged = mkdtempSync(join(tmpdir(), 'cowlab-pack-'));
  try {
    for (const dir of dirs) await stage(dir, join(staged, dir), versions);
    mkdirSync(out, { recursive: true });
    const packed = spawnSync('npm', ['pack', '--json', '--pack-destination', out, ...dirs.map((dir) => `./${dir}`)], {
      cwd: staged,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (packed.status !== 0) throw new Error(packed.stderr);
    // A list, or by name, depending on npm's age.
    return Object.values(JSON.parse(packed.stdout)).map(({ name, filename, size, unpackedSize, entryCount }) => ({
      name,
      path: join(out, filename),
      size,
      unpackedSize,
      entryCount,
    }));
  } finally {
    rmSync(staged, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, check: { type: 'boolean', default: false } } });
  if (values.out === undefined) {
    console.error('pack: say where the tarballs go: npm run pack -- --out DIR [--check]');
    process.exit(2);
  }
  for (const tarball of await pack(resolve(values.out))) {
    console.log(`${tarball.name.padEnd(44)} ${String(Math.ceil(tarball.size / 1024)).padStart(5)} KB packed`
      + `${String(Math.ceil(tarball.unpackedSize / 1024)).padStart(6)} KB`);
    for (const complaint of values.check ? await complaintsAbout(tarball.path) : []) {
      console.log(`  ${complaint}`);
      process.exitCode = 1;
    }
  }
}
