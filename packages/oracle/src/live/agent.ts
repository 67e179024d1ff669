/**
 * The agent that runs programs on the kernel of this machine: agent.c, compiled where it is first needed. It changes
 * settings of the machine (hugetlb pool, THP, khugepaged) and puts them back when its input ends, however that comes about.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { formatPrograms, type Program } from '@cowlab/scenario';
import { LiveError } from './live-error.ts';

/** The source lies beside src and dist alike. */
const SOURCE = fileURLToPath(new URL('../../agent/agent.c', import.meta.url));
/** io_uring, and the files that the agent sees page frames through. */
const NEEDED = ['/proc/kpagecount', '/proc/kpageflags', '/proc/self/pagemap', '/proc/sys/vm/nr_hugepages', '/sys/kernel/mm/transparent_hugepage/enabled'];
const DISABLED = '/proc/sys/kernel/io_uring_disabled';

/** What keeps this machine from being asked, or null. */
export function whyNotLive(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  if (process.geteuid?.() !== 0) return 'not run as root, who alone sees page frames';
  const missing = NEEDED.find((file) => !existsSync(file));
  if (missing !== undefined) return `the kernel has no ${missing}`;
  if (existsSync(DISABLED) && readFileSync(DISABLED, 'utf8').trim() === '2') return `${DISABLED} says that io_uring is off`;
  return compiler() === null ? 'there is no C compiler cc' : null;
}

function compiler(): string | null {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'cc'));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }) ?? null;
}

export class LiveAgent {
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private complaint = '';

  /** @throws LiveError */
  constructor() {
    const reason = whyNotLive();
    if (reason !== null) throw new LiveError('this machine', reason, 'use a Linux machine with root, cc and io_uring');
    this.process = spawn(compiled(), [], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.process.stderr.on('data', (text: Buffer) => void (this.complaint += text.toString()));
    // Of an agent that is gone its own words tell more than the broken pipe.
    this.process.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.process.on('error', (cause) => {
        this.complaint += cause.message;
        resolve();
      });
      this.process.on('close', () => resolve());
    });
  }

  /** The header line, which comes first, or one line for each program. @throws LiveError */
  async line(): Promise<unknown> {
    const next = await this.lines.next();
    if (next.done !== true) return JSON.parse(next.value) as unknown;
    await this.ended;
    throw new LiveError('the agent', this.complaint.trim().split('\n')[0] || 'ended early', 'run it again');
  }

  send(programs: readonly Program[]): void {
    this.process.stdin.write(formatPrograms(programs));
  }

  /** Settings of the machine are as they were before when this is through. */
  async close(): Promise<void> {
    this.process.stdin.end();
    this.process.stdout.resume();
    await this.ended;
  }
}

/** Path of the binary; a changed source is another file. @throws LiveError */
function compiled(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cowlab');
  const binary = join(folder, `agent-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  const unfinished = `${binary}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync(compiler() ?? 'cc', ['-O2', '-std=gnu11', '-o', unfinished, SOURCE], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const { stderr } = cause as { readonly stderr?: Buffer };
    throw new LiveError(SOURCE, `cc says: ${stderr?.toString().trim().split('\n')[0] ?? String(cause)}`, 'install the headers of libc and of the kernel (linux/io_uring.h)', { cause });
  }
  renameSync(unfinished, binary);
  return binary;
}
