// Who may import whom. The table in tools/layers.cjs is the rule; this only says so in dependency-cruiser's terms.
const { LAYERS } = require('./tools/layers.cjs');

/** Rooms are named in the table by the last part of their folder. */
const folderOf = (room) => (room.startsWith('plugins/') ? room : `packages/${room}`);

/** What every spec may use besides its package's row. */
const SPEC_NPM = ['@jest/globals', 'ajv', 'axe-core', 'fast-check', 'rxjs', 'eventemitter3', 'wabt'];
const SPEC = '[.](spec|spec-d)[.]ts$';
const OURS = '^(packages|plugins|examples|editors|bench|tools)/';

/** npm packages as dependency-cruiser sees them; `unknown` is one that the package.json does not declare. */
const NPM_TYPES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown', 'unknown'];

const pattern = (dir) => dir.replace('<id>', '[^/]+');
const packageName = (dir) => `^@cowlab/${dir.replace('packages/', '').replace('plugins/<id>', 'policy-[^/]+')}(/|$)`;
const npmPaths = (names) => names.map((name) => `(^|node_modules/)${name.replace(/[./]/g, '[$&]')}(/|$)`);
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

function rulesOf([layer, { cowlab: rooms, npm, node = false, nodeIn = [], inSpecs: specRooms = [] }]) {
  const cowlab = rooms.map(folderOf);
  const inSpecs = specRooms.map(folderOf);
  // The entry point `src/node.ts` belongs to the folder `src/node`.
  const nodeDirs = nodeIn.map((dir) => `^${layer}/src/${dir}(/|[.]ts$)`);
  const row = [...cowlab, ...npm, ...(node ? ['node:*'] : [])].join(', ') || 'nothing';
  const sources = { path: `^(${pattern(layer)})/`, pathNot: SPEC };
  const specs = { path: `^(${pattern(layer)})/.*${SPEC}` };
  // `$1` is the importing package itself: one plugin may not import another.
  const own = (dirs) => ['^$1/', ...dirs.map((dir) => `^${pattern(dir)}/`)];
  // A name, not a relative path: a misspelt './file.ts' is the business of `resolvable`.
  const external = (dirs, names) => ({
    dependencyTypes: NPM_TYPES,
    path: '^[^.]',
    pathNot: [...dirs.map(packageName), ...npmPaths(names)],
  });

  const says = `${layer} may import: ${row}.`;
  const specsSay = `${says} Its specs also: ${[...inSpecs, ...SPEC_NPM, 'node:*'].join(', ')}.`;
  return [
    forbid(`layer ${layer}`, says, sources, { path: OURS, pathNot: own(cowlab) }),
    forbid(`layer ${layer}, npm`, says, sources, external(cowlab, npm)),
    ...(node
      ? []
      : [
        forbid(`layer ${layer}, node`, says, { path: sources.path, pathNot: [SPEC, ...nodeDirs] }, {
          dependencyTypes: ['core'],
        }),
      ]),
    ...(nodeDirs.length === 0
      ? []
      : [
        forbid(
          `layer ${layer}, what needs Node`,
          `Only ${
            nodeIn.map((dir) => `src/${dir}`).join(', ')
          } of ${layer} may use Node, so nothing else of it may import that.`,
          { path: `^${layer}/src/`, pathNot: [SPEC, ...nodeDirs] },
          { path: nodeDirs },
        ),
      ]),
    forbid(`layer ${layer}, specs`, specsSay, specs, { path: OURS, pathNot: own([...cowlab, ...inSpecs]) }),
    forbid(`layer ${layer}, specs, npm`, specsSay, specs, external([...cowlab, ...inSpecs], [...npm, ...SPEC_NPM])),
  ];
}

module.exports = {
  forbidden: [
    ...Object.entries(LAYERS).flatMap(rulesOf),
    forbid(
      'layer missing',
      'Every package needs a row in the table at the top of .dependency-cruiser.cjs.',
      { path: '^packages/', pathNot: Object.keys(LAYERS).map((layer) => `^${pattern(layer)}/`) },
      {},
    ),
    forbid(
      'inversify at home',
      'inversify and reflect-metadata live in packages/composition only: nobody else knows there is a container.',
      { path: OURS, pathNot: '^packages/composition/' },
      { path: npmPaths(['inversify', 'reflect-metadata']) },
    ),
    forbid(
      'by name',
      "Another package is imported by its name ('@cowlab/core'), never through a relative path.",
      { path: '^(packages|plugins|examples|editors)/([^/]+)/' },
      { path: OURS, pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    ),
    forbid(
      'resolvable',
      'No such file, a package that package.json does not declare, or a file that its package does not export '
        + '(only the public entry point is).',
      {},
      { couldNotResolve: true },
    ),
    forbid('no cycle', 'No cycles, not even of types: move what both need into a third file.', {}, { circular: true }),
    forbid(
      'index is for others',
      'No file inside a package imports its own index.ts: that is where cycles come from. '
        + '(A spec of the entry point itself, index.spec.ts, and the specs of a plugin may.)',
      { path: '^(packages|plugins|examples)/([^/]+)/', pathNot: ['/index[.]spec[.]ts$', `^plugins/.*${SPEC}`] },
      { path: '^$1/$2/src/index[.]ts$' },
    ),
    forbid('specs are leaves', 'Nobody imports a spec.', {}, { path: `${OURS}.*${SPEC}` }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.check.json' },
    // Imports of types count too: a layer that knows another one's types knows that layer.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|plugins|examples|editors)/[^/]+/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@cowlab/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  },
};
