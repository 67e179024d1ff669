/**
 * A PostgreSQL server of its own in a folder of its own, for trials: what is installed is used, nothing is. It will not
 * run as root, so root gives it to another user.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
/** Of a user who may own it, the first that there is. */
const USERS = ['postgres', 'nobody'];

/** Where its programs are, or null. */
function programs(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), '/usr/bin', '/usr/local/bin'];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** What keeps it from running here, or null. */
export function whyNoServer(): string | null {
  if (programs() === null) return 'no PostgreSQL is installed: apt install postgresql';
  return process.geteuid?.() === 0 && user() === null ? 'root may not run it, and there is no other user' : null;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

function user(): User | null {
  const rows = readFileSync('/etc/passwd', 'utf8').split('\n').map((row) => row.split(':'));
  const row = USERS.flatMap((name) => rows.filter(([of]) => of === name))[0];
  return row === undefined ? null : { uid: Number(row[2]), gid: Number(row[3]) };
}

export class TemporaryServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly bin: string,
    private readonly owner: User | null,
  ) {}

  /** Empty, and running. */
  static async start(): Promise<TemporaryServer> {
    const bin = programs();
    if (bin === null) throw new Error(whyNoServer() ?? '');
    const owner = process.geteuid?.() === 0 ? user() : null;
    const folder = mkdtempSync(join(tmpdir(), 'cowlab-postgres-'));
    mkdirSync(join(folder, 'socket'));
    for (const path of [folder, join(folder, 'socket')]) if (owner !== null) chownSync(path, owner.uid, owner.gid);
    const server = new TemporaryServer(folder, bin, owner);
    const made = spawnSync(join(bin, 'initdb'), ['-D', join(folder, 'data'), '-U', 'cowlab', '-A', 'trust', '-E',
      'UTF8', '--locale=C', '--no-sync'], { ...owner, cwd: folder, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    await server.begin();
    return server;
  }

  get url(): string {
    return `postgres://cowlab@localhost/postgres?host=${encodeURIComponent(join(this.folder, 'socket'))}`;
  }

  /** Of the server and what it started, so far. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async begin(): Promise<void> {
    const { folder, bin, owner } = this;
    const child = spawn(join(bin, 'postgres'), ['-D', join(folder, 'data'), '-k', join(folder, 'socket'), '-c',
      'listen_addresses='], { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-SAID_MAX)));
    for (let tries = 0; !this.isReady(); tries++) {
      if (child.exitCode !== null || tries > TRIES_MAX) throw new Error(`postgres: ${said}`);
      await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
    }
  }

  private isReady(): boolean {
    return spawnSync(join(this.bin, 'pg_isready'), ['-q', '-h', join(this.folder, 'socket')]).status === 0;
  }

  /** As if somebody pulled the plug of the server: nothing is put in order. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
    // Those that it started notice by themselves; until then they hold the data.
    const lock = join(this.folder, 'data', 'postmaster.pid');
    rmSync(lock, { force: true });
    await new Promise((later) => setTimeout(later, ORPHANS_MS));
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }
}

const SAID_MAX = 2000;
const LOOK_EVERY_MS = 100;
const TRIES_MAX = 600;
const ORPHANS_MS = 1500;
