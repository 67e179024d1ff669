// The folder of somebody who has nothing but the tarballs: no home, no workspace above, and a Node of his choice.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../workspace.mjs';

export class Failed extends Error {}

/** What comes from a registry is kept between trials. */
const NPM = ['--no-audit', '--no-fund', '--prefer-offline', '--cache', join(root, 'node_modules/.cache/trial-npm')];
/** Its way to the registry is the machine's own. */
const npmEnv = () => ({
  ...process.env,
  NPM_CONFIG_USERCONFIG: process.env.NPM_CONFIG_USERCONFIG ?? join(homedir(), '.npmrc'),
});

function run(command, args, options) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 240_000, ...options });
  return { code: done.status, out: done.stdout ?? '', err: `${done.stderr ?? ''}${done.error?.message ?? ''}` };
}

/** The path of another Node: the npm package `node` brings it. */
export function nodeOf(version) {
  if (version === undefined) return process.execPath;
  const { code, out, err } = run('npm', ['exec', ...NPM, '--yes', `--package=node@${version}`, '--', 'node', '-p',
    'process.execPath'], { cwd: tmpdir(), env: npmEnv() });
  if (code !== 0) throw new Failed(`node@${version} does not come: ${err}`);
  return out.trim();
}

export class Folder {
  constructor(node) {
    this.node = node;
    this.top = mkdtempSync(join(tmpdir(), 'cowlab-trial-'));
    this.path = join(this.top, 'work');
    const home = join(this.top, 'home');
    for (const dir of [home, this.path]) mkdirSync(dir);
    const bins = [join(this.path, 'node_modules/.bin'), dirname(node)];
    this.env = { PATH: [...bins, process.env.PATH].join(delimiter), HOME: home, NO_COLOR: '1' };
    this.write('package.json', '{ "private": true, "type": "module" }\n');
  }

  write(name, text) {
    writeFileSync(join(this.path, name), text);
  }

  read(name) {
    return readFileSync(join(this.path, name), 'utf8');
  }

  install(...what) {
    const { code, err } = run('npm', ['install', ...NPM, ...what], { cwd: this.path, env: npmEnv() });
    if (code !== 0) throw new Failed(`npm install: ${err}`);
  }

  /** A line as one types it, with what it exits with. */
  shell(line) {
    return run('sh', ['-c', line], { cwd: this.path, env: this.env });
  }

  /** Runs a file with this folder's Node; what it prints. */
  runs(...args) {
    const { code, out, err } = run(this.node, args, { cwd: this.path, env: this.env });
    if (code !== 0) throw new Failed(`node ${args.join(' ')} exits ${code}:\n${out}${err}`);
    return out;
  }

  /** A command that holds, or finds something; what it prints. */
  cowlab(line) {
    const { code, out, err } = this.shell(`cowlab ${line}`);
    if ((code !== 0 && code !== 1) || out === '') throw new Failed(`cowlab ${line} exits ${code}:\n${out}${err}`);
    return out;
  }

  /** Name and size in bytes of each installed package, the biggest first. */
  installed() {
    const top = join(this.path, 'node_modules');
    const scoped = (name) => readdirSync(join(top, name)).map((inner) => `${name}/${inner}`);
    return readdirSync(top).filter((name) => !name.startsWith('.'))
      .flatMap((name) => (name.startsWith('@') ? scoped(name) : [name]))
      .map((name) => ({ name, bytes: bytesIn(join(top, name)) })).sort((a, b) => b.bytes - a.bytes);
  }

  version() {
    return JSON.parse(readFileSync(join(this.path, 'node_modules/cowlab/package.json'), 'utf8')).version;
  }

  remove() {
    rmSync(this.top, { recursive: true, force: true });
  }
}

function bytesIn(dir) {
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(dir, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}
