// The house as a table: who may import whom. `.dependency-cruiser.cjs` enforces it, READMEs are held to it.
// `node: true` allows Node's builtins, `nodeIn` in the folders that nothing else of the package imports; everything else
// must also run in a browser.

const LAYERS = {
  'packages/core': { cowlab: [], npm: [] },
  'packages/prose': { cowlab: [], npm: [] },
  'packages/plugin-api': { cowlab: ['core', 'prose'], npm: [] },
  'packages/runtime': { cowlab: ['core'], npm: ['rxjs', 'eventemitter3'] },
  'packages/scenario': { cowlab: ['core', 'prose'], npm: [] },
  'packages/trial': { cowlab: ['core', 'runtime', 'scenario'], npm: [] },
  'packages/journal': {
    cowlab: ['core', 'runtime'],
    // Each is loaded by its own store alone.
    npm: ['libsql', 'pg', '@types/pg', '@electric-sql/pglite'],
    node: true,
  },
  'packages/checker': { cowlab: ['core', 'prose', 'scenario'], npm: [], nodeIn: ['threads'] },
  'packages/oracle': { cowlab: ['core', 'runtime', 'scenario'], npm: [], nodeIn: ['live', 'kernels', 'fuzz'] },
  'packages/trace': { cowlab: ['core', 'runtime'], npm: [] },
  'packages/testing': { cowlab: ['core', 'plugin-api', 'runtime', 'scenario'], npm: ['fast-check'] },
  'packages/composition': {
    cowlab: ['core', 'plugin-api', 'prose', 'runtime', 'scenario', 'plugins/<id>'],
    npm: ['inversify', 'reflect-metadata', 'jiti', 'smol-toml', 'yaml', 'fzstd'],
    nodeIn: ['node'],
  },
  'packages/experiments': {
    cowlab: ['checker', 'composition', 'core', 'plugin-api', 'prose', 'runtime', 'scenario', 'trace', 'trial'],
    npm: ['piscina', 'pure-rand', 'simple-statistics', '@observablehq/plot', 'linkedom', '@uwdata/flechette'],
    nodeIn: ['node'],
  },
  'packages/verdict': {
    cowlab: ['composition', 'core', 'prose', 'runtime', 'scenario', 'trace', 'trial'],
    npm: [],
  },
  'packages/conformance': {
    cowlab: ['composition', 'core', 'oracle', 'plugin-api', 'prose', 'runtime', 'scenario', 'trial'],
    npm: [],
    node: true,
  },
  'packages/campaign': {
    cowlab: ['checker', 'composition', 'conformance', 'core', 'experiments', 'journal', 'oracle', 'plugin-api', 'prose',
      'scenario', 'testing'],
    // Each is loaded when an engine is opened.
    npm: ['pg-boss', 'pg', '@types/pg', '@electric-sql/pglite'],
    node: true,
  },
  // `page` is what is bundled into one HTML file: it and the model run in a browser, `server`
  // serves it, `browser` looks at it in tests.
  'packages/studio': {
    cowlab: ['checker', 'composition', 'core', 'experiments', 'plugin-api', 'prose', 'runtime', 'scenario', 'trace',
      'trial', 'verdict'],
    npm: ['preact', '@preact/signals', 'uplot', 'fuzzysort', 'fflate', 'comlink', 'codemirror', '@codemirror/state',
      '@codemirror/view', '@codemirror/language', '@codemirror/lang-javascript', '@codemirror/lint', '@lezer/highlight',
      'sucrase', 'playwright-core', '@sparticuz/chromium', '@jest/globals', 'axe-core'],
    nodeIn: ['server', 'browser'],
  },
  'packages/cli': {
    cowlab: [
      ...['campaign', 'checker', 'composition', 'conformance', 'core', 'experiments', 'journal', 'oracle', 'plugin-api',
        'prose', 'runtime', 'scenario'],
      ...['studio', 'trace', 'trial', 'verdict'],
    ],
    npm: ['commander', '@clack/prompts'],
    node: true,
  },
  // What a user installs. It has no code of its own: pages of names, and the command.
  'packages/cowlab': {
    cowlab: ['checker', 'cli', 'composition', 'core', 'experiments', 'plugin-api', 'runtime', 'scenario', 'testing',
      'trial'],
    npm: ['jiti'],
    node: true,
  },
  'packages/create-cowlab': { cowlab: ['cli'], npm: [], node: true },
  // A language server and the few lines that start it. It says of a file what the parsers say, and explains lanes from the
  // catalogue, since a lane is as much a word of these files as a step is.
  'editors/vscode': {
    cowlab: ['checker', 'composition', 'plugin-api', 'scenario'],
    npm: ['vscode', '@types/vscode', 'vscode-languageclient', 'vscode-languageserver',
      'vscode-languageserver-textdocument', 'vscode-languageserver-protocol', 'vscode-oniguruma', 'vscode-textmate'],
    node: true,
  },
  'plugins/<id>': { cowlab: ['plugin-api'], npm: [], inSpecs: ['testing'] },
};

module.exports = { LAYERS };
