// `npm run trial`: what a stranger gets. All packages are packed and installed, with nothing else, into an empty folder
// under an empty home; there the command, its examples, policies, the contract, streams and a browser's bundle are tried.
// `-- --node 22` tries it under another Node. Stops at the first failure.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import vm from 'node:vm';
import { tsc as compiler } from './build.mjs';
import { pack } from './pack.mjs';
import { Failed, Folder, nodeOf } from './trial/folder.mjs';
import { runHelpExamples } from './trial/help-examples.mjs';
import { BROWSER, CONFIG_TS, CONSUMER_TS, CONTRACT, GROWTH, POLICY_JS, policyTs, SCENARIO,
  STREAMS } from './trial/written.mjs';
import { root } from './workspace.mjs';

const { values } = parseArgs({ options: { node: { type: 'string' } } });
const folder = new Folder(nodeOf(values.node));
const wanted = (file, name) => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, file, 'package.json'), 'utf8'));
  return `${name}@${devDependencies[name]}`;
};
/** What somebody installs besides for the contract and for charts. */
const EXTRAS = [wanted('.', 'fast-check'),
  ...['@observablehq/plot', 'linkedom'].map((name) => wanted('packages/experiments', name))];
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
let tarballs = [];
/** What is said of the tarballs, found out on the side. */
let checked;

function checking(paths) {
  const child = spawn(process.execPath, [join(root, 'tools/check-tarballs.mjs'), ...paths]);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(part));
  return new Promise((done) => child.on('close', (code) => done({ code, out: Buffer.concat(said).toString() })));
}

function must(holds, said) {
  if (!holds) throw new Failed(said);
}

/** Compares a scenario under the policy and tells what became of the pin there. */
function pinUnder(policy, name, before = '') {
  const out = folder.cowlab(`${before}compare buffer.cow --policies naive-cow,${policy}`);
  must(new RegExp(`^${name} +0: coherent +none`, 'm').test(out), `${policy} does not keep the pin:\n${out}`);
}

/** The compiler's complaints about the files, as a strict consumer sees them. */
function tsc(moduleResolution, ...files) {
  folder.write('tsconfig.json',
    JSON.stringify({ files,
      compilerOptions: { strict: true, noEmit: true, target: 'es2023', lib: ['es2023', 'dom'], types: [],
        module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution, moduleResolution,
        exactOptionalPropertyTypes: true } }));
  const { code, out } = folder.shell(`"${process.execPath}" "${compiler}" -p .`);
  return code === 0 ? '' : out;
}

const steps = {
  pack: async () => {
    tarballs = await pack(join(folder.top, 'tarballs'));
    checked = checking(tarballs.map(({ path }) => path));
    return `${tarballs.length} tarballs, ${mb(tarballs.reduce((sum, { size }) => sum + size, 0))}`;
  },
  install: () => {
    folder.install(...tarballs.map(({ path }) => path));
    const parts = folder.installed();
    must(!parts.some(({ name }) => /jest|fast-check/.test(name)), 'a test runner came along');
    const biggest = parts.slice(0, 5).map(({ name, bytes }) => `${name} ${mb(bytes)}`).join(', ');
    const ours = parts.filter(({ name }) => /^(@cowlab\/|cowlab$)/.test(name));
    const total = (some) => mb(some.reduce((sum, { bytes }) => sum + bytes, 0));
    return `${parts.length} packages, ${total(parts)}; of these ours ${ours.length}, ${total(ours)}; ${biggest}`;
  },
  demo: () => {
    const { code, out, err } = folder.shell('npx --no-install cowlab demo');
    must(code === 0 && out.startsWith('This program forks while io_uring holds'), `npx cowlab demo: ${out}${err}`);
    must(folder.cowlab('--version').trim() === folder.version(), 'cowlab --version is not the version installed');
    return `cowlab ${folder.version()} on Node ${folder.runs('-p', 'process.versions.node').trim()}`;
  },
  help: async () => {
    const { ran, left } = await runHelpExamples(folder);
    must(ran > 10, `only ${ran} examples were found in the help`);
    return [`${ran} examples of --help ran; left out:`, ...left].join(`\n${' '.repeat(21)}`);
  },
  policy: () => {
    folder.write('buffer.cow', SCENARIO);
    folder.write('my-policy.mjs', POLICY_JS);
    folder.write('typed-policy.ts', policyTs());
    pinUnder('./my-policy.mjs', 'my-policy');
    pinUnder('./typed-policy.ts', 'typed-policy');
    folder.write('cowlab.config.ts', CONFIG_TS);
    pinUnder('mine', 'mine', '--config cowlab.config.ts ');
    return 'in JavaScript, in TypeScript, and by a configuration';
  },
  contract: () => {
    folder.install(...EXTRAS);
    folder.write('contract.test.mjs', CONTRACT);
    const out = folder.runs('--test', '--test-reporter=tap', 'contract.test.mjs');
    const [, passed] = /^# pass (\d+)$/m.exec(out) ?? [];
    must(Number(passed) > 9, `the contract asked little:\n${out}`);
    return `holds, ${passed} tests under node:test`;
  },
  create: () => {
    const { code, out, err } = folder.shell(
      'npm create cowlab --offline -- policy fresh --yes && cd fresh && npm test',
    );
    const [, passed] = /^# pass (\d+)$/m.exec(out) ?? [];
    must(code === 0 && Number(passed) > 9, `npm create cowlab, npm test: ${out}${err}`);
    return `npm create cowlab, and npm test of what it wrote: ${passed} tests`;
  },
  sweep: () => {
    folder.write('growth.ts', GROWTH);
    must(GROWTH.trim().split('\n').length < 10, 'the experiment is longer than ten lines');
    const out = folder.cowlab('sweep growth.ts --chart growth.svg');
    must(/^ +64 +linux-5\.9 +64 +64$/m.test(out) && /^ +64 +linux-5\.7 +0 +64$/m.test(out), out);
    must(folder.read('growth.svg').includes('</svg>'), 'growth.svg holds no chart');
    return 'a question of nine lines, its table and its chart';
  },
  types: () => {
    folder.write('consumer.ts', CONSUMER_TS);
    folder.write('wrong-hook.ts', policyTs('onForkPages'));
    folder.write('wrong-verdict.ts', policyTs('onForkPage', 'coppy'));
    for (const resolution of ['node16', 'bundler']) {
      const said = tsc(resolution, 'consumer.ts', 'cowlab.config.ts', 'wrong-hook.ts', 'wrong-verdict.ts');
      const aside = said.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('wrong-'));
      must(aside.length === 0, `${resolution}: a sound program does not compile:\n${said}`);
      must(/^wrong-hook\.ts.*onForkPages/m.test(said), `${resolution}: a wrong hook compiles:\n${said}`);
      must(/^wrong-verdict\.ts[^]*"coppy"/m.test(said), `${resolution}: a wrong verdict compiles:\n${said}`);
    }
    return 'node16 and bundler; a wrong hook and a wrong verdict do not compile';
  },
  streams: () => {
    folder.write('streams.mjs', STREAMS);
    const out = folder.runs('streams.mjs').trim();
    must(/^\d+ events, COW broken at [0-9a-f]+/.test(out), out);
    return out;
  },
  check: async () => {
    const { code, out } = await checked;
    must(code === 0, out);
    return 'publint and arethetypeswrong have nothing against any tarball';
  },
  browser: async () => {
    folder.write('browser.js', BROWSER);
    const { build } = await import('esbuild');
    const { outputFiles: [{ text }] } = await build({ absWorkingDir: folder.path, entryPoints: ['browser.js'],
      bundle: true, minify: true, platform: 'browser', format: 'iife', write: false, logLevel: 'silent' });
    const page = vm.createContext({});
    vm.runInContext(text, page, { filename: 'bundle.js' });
    const answer = await page.answer;
    must(answer === 'CowBroken | PagesCopied', `the labs in the browser say: ${answer}`);
    return `${mb(text.length)}; 5.7 and 5.9 part: ${answer}`;
  },
};

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`.padStart(7);
const began = performance.now();
try {
  for (const [name, run] of Object.entries(steps)) {
    const start = performance.now();
    process.stdout.write(name.padEnd(9));
    const note = await run();
    console.log(`${seconds(start)}  ${note}`);
  }
  console.log(`${'trial'.padEnd(9)}${seconds(began)}`);
} catch (error) {
  console.log(`FAILED\n\n${error instanceof Failed ? error.message : error.stack}`);
  process.exitCode = 1;
} finally {
  folder.remove();
}
