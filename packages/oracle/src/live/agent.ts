/**
 * The agent that runs programs on the kernel of this machine. It changes settings of the machine (hugetlb pool, THP,
 * khugepaged) as far as it may, and puts them back when its input ends, however that comes about.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { formatPrograms, type Program } from '@cowlab/scenario';
import type { LiveCan } from './can.ts';
import { compiled, compiler } from './compile.ts';
import { LiveError } from './live-error.ts';

/** What the agent says first. */
export interface LiveHeader {
  /** What `uname -r` and `uname -m` say. */
  readonly kernel: string;
  readonly machine: string;
  readonly can: LiveCan;
}

/** io_uring, and the files that the agent sees page frames through. */
const NEEDED = ['/proc/kpagecount', '/proc/kpageflags', '/proc/self/pagemap', '/proc/sys/vm/nr_hugepages',
  '/sys/kernel/mm/transparent_hugepage/enabled'];
const DISABLED = '/proc/sys/kernel/io_uring_disabled';

/** What keeps this machine from being asked for everything that recordings have, or null. */
export function whyNotLive(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return whyNoAgent();
  if (process.geteuid?.() !== 0) return 'not run as root, who alone sees page frames';
  const missing = NEEDED.find((file) => !existsSync(file));
  if (missing !== undefined) return `the kernel has no ${missing}`;
  if (existsSync(DISABLED) && readFileSync(DISABLED, 'utf8').trim() === '2')
    return `${DISABLED} says that io_uring is off`;
  return whyNoAgent();
}

/** What keeps this machine from being asked at all, or null: an ordinary user may ask for values and errnos. */
export function whyNoAgent(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  return compiler() === null ? 'there is no C compiler cc' : null;
}

export interface AgentSettings {
  /** Whoever cannot see page frames is served too. */
  readonly anyUser?: boolean;
  /** Id of another user to run as, for whom this one may speak. */
  readonly uid?: number;
  /** Swap of its own, for as long as it runs: where the machine has no loop device, it goes without. */
  readonly swap?: boolean;
  /** A step that takes longer is a failure of its program. */
  readonly stepSeconds?: number;
}

export class LiveAgent {
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private complaint = '';
  private isGone = false;

  /** @throws LiveError */
  constructor({ stepSeconds = 5, anyUser = false, uid, swap = false }: AgentSettings = {}) {
    const reason = anyUser ? whyNoAgent() : whyNotLive();
    if (reason !== null)
      throw new LiveError('this machine', reason,
        anyUser ? 'use a Linux machine with cc' : 'use a Linux machine with root, cc and io_uring');
    const runner = compiled('runner');
    const words = ['--seconds', String(stepSeconds), ...(swap ? ['--swap'] : [])];
    // Another user has no way into this one's folder, and is handed the open file.
    const fd = uid === undefined ? null : openSync(runner, 'r');
    this.process = (fd === null
      ? spawn(runner, words, { stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn('/proc/self/fd/3', words, { stdio: ['pipe', 'pipe', 'pipe', fd], uid, gid: uid })) as LiveAgent[
        'process'
      ];
    if (fd !== null) closeSync(fd);
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
    void this.ended.then(() => (this.isGone = true));
  }

  /** Of the supervisor; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** It has ended: of whoever asks nothing for two minutes it takes leave by itself. */
  get gone(): boolean {
    return this.isGone;
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
