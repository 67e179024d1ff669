/** What fork() and what follows it cost on this machine, measured by a program of its own (costs.c). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiled, compiler } from './compile.ts';
import { LiveError } from './live-error.ts';

/** What is timed over so many touched pages: a call (fork, spawn), or a store to each page (copy, reuse, touch). */
export type CostKind = 'plain' | 'pinned' | 'thp' | 'dontfork' | 'spawn' | 'copy' | 'reuse' | 'touch';

export interface CostMissing {
  readonly missing: string;
}

/** What keeps this machine from being measured, or null. Root is not needed. */
export function whyNoCosts(): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  return compiler() === null ? 'there is no C compiler cc' : null;
}

/** Nanoseconds of each repeat, or what is missing for it. @throws LiveError */
export async function measureCost(
  kind: CostKind,
  pages: number,
  repeats: number,
): Promise<readonly number[] | CostMissing> {
  const lines = await said([kind, String(pages), String(repeats)]);
  const missing = lines.find((line) => line.startsWith('missing: '));
  return missing === undefined ? lines.map(Number) : { missing: missing.slice('missing: '.length) };
}

export interface SnapshotRun {
  readonly forkNanos: number;
  /** By the kernel's count of faults. */
  readonly pagesCopied: number;
  readonly stores: number;
}

/** fork(), then stores at random to a part of the pages for so long. @throws LiveError */
export async function runSnapshot(
  pages: number,
  storesPerSecond: number,
  seconds: number,
  seed: number,
): Promise<SnapshotRun> {
  const [line = ''] = await said(['snapshot', String(pages), String(storesPerSecond), String(seconds), String(seed)]);
  const [forkNanos, pagesCopied, stores] = line.split(' ').map(Number);
  if (line.startsWith('missing: ')) throw new LiveError('this machine', line, 'give it more memory');
  return { forkNanos, pagesCopied, stores };
}

async function said(args: readonly string[]): Promise<string[]> {
  const reason = whyNoCosts();
  if (reason !== null) throw new LiveError('this machine', reason, 'use a Linux machine with cc');
  const { stdout } = await promisify(execFile)(compiled('costs'), [...args], { encoding: 'utf8' });
  return stdout.trim().split('\n');
}
