/**
 * A kernel booted under qemu, which runs the programs of its initramfs and then ends. What the agent says comes by the
 * second serial port, which is qemu's stdout; the console goes to a file without a name. Nothing is left of either,
 * nor of qemu, whatever becomes of this process: the files have no names any more when qemu starts, and a leash holds
 * qemu.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { compiled, compiler } from '../live/compile.ts';
import { LiveError } from '../live/live-error.ts';
import { findCommand } from '../live/find-command.ts';
import { initramfs } from './initramfs.ts';
import type { Place } from './place.ts';
import { type Accelerator, accelerators, GET_QEMU, QEMU, qemuArguments, whyNoQemu } from './qemu.ts';
import type { FetchedKernel } from './store.ts';
import { swapArea } from './swap-area.ts';

export interface GuestSettings {
  readonly cpus?: number;
  readonly memoryMib?: number;
  /** Until the agent has said its first line. */
  readonly bootSeconds?: number;
  /** Until the next one. */
  readonly programSeconds?: number;
  /** A disk to swap to. */
  readonly swap?: boolean;
  /** Tried in this order, as long as a guest does not come to its first line. */
  readonly accelerators?: readonly Accelerator[];
}

/** What keeps kernels from being booted here, or null. */
export function whyNoGuest(env: Place['env'] = process.env): string | null {
  return whyNoQemu(env) ?? (compiler() === null ? 'there is no C compiler cc' : null);
}

/** The agent's lines; the first is there before any other is asked for. */
export class Guest {
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private complaint = '';
  private overdue: string | null = null;

  private constructor(
    private readonly kernel: FetchedKernel,
    private readonly qemu: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly console: number,
    private readonly programSeconds: number,
  ) {
    this.lines = createInterface({ input: qemu.stdout })[Symbol.asyncIterator]();
    // Of a guest that is gone its own words tell more than the broken pipe.
    qemu.stdin.on('error', () => undefined);
    qemu.stderr.on('data', (text: Buffer) => {
      this.complaint += text.toString();
      // It would wait for a debugger now.
      if (this.complaint.includes(KVM_GAVE_UP)) this.qemu.kill('SIGKILL');
    });
    this.ended = new Promise((resolve) => {
      qemu.on('error', (cause) => {
        this.complaint += cause.message;
        resolve();
      });
      qemu.on('close', () => resolve());
    });
  }

  /** `programs` null: they are sent. @throws LiveError */
  static async boot(
    kernel: FetchedKernel,
    programs: string | null,
    place: Place,
    settings: GuestSettings = {},
  ): Promise<{ readonly guest: Guest; readonly header: unknown; readonly accelerator: Accelerator }> {
    const reason = whyNoGuest(place.env);
    if (reason !== null)
      throw new LiveError(`kernel ${kernel.release}`, reason,
        reason.includes(QEMU) ? GET_QEMU : 'use a Linux machine with qemu and cc');
    const candidates = settings.accelerators ?? accelerators();
    for (const [at, accelerator] of candidates.entries()) {
      const guest = Guest.start(kernel, programs, place, settings, accelerator);
      try {
        return { guest, accelerator, header: await guest.next(settings.bootSeconds ?? 180, 'does not come up') };
      } catch (cause) {
        await guest.close();
        if (at === candidates.length - 1) throw cause;
      }
    }
    throw new LiveError(`kernel ${kernel.release}`, 'no accelerator is named', 'name kvm or tcg');
  }

  private static start(
    kernel: FetchedKernel,
    programs: string | null,
    place: Place,
    { cpus = 1, memoryMib = 1024, programSeconds = 120, swap = false }: GuestSettings,
    accelerator: Accelerator,
  ): Guest {
    const archive = initramfs({ init: compiled('init'), agent: compiled('runner'), programs });
    const [root, log, disk] = nameless(place.folder, archive);
    const arguments_ = qemuArguments({ image: kernel.image, initramfs: '/proc/self/fd/3', console: '/proc/self/fd/4',
      accelerator, cpus, memoryMib, swap: swap ? '/proc/self/fd/5' : null });
    try {
      if (swap) swapArea(disk);
      const qemu = spawn(compiled('leash'), [String(process.pid), findCommand(QEMU, place.env) ?? QEMU, ...arguments_],
        { env: { ...place.env }, stdio: ['pipe', 'pipe', 'pipe', root, log, disk] });
      return new Guest(kernel, qemu as unknown as ChildProcessByStdio<Writable, Readable, Readable>, log,
        programSeconds);
    } finally {
      closeSync(root);
      closeSync(disk);
    }
  }

  /** To a guest that was booted without programs, after its first line. */
  send(programs: string): void {
    this.qemu.stdin.write(programs);
  }

  /** @throws LiveError */
  line(): Promise<unknown> {
    return this.next(this.programSeconds, 'says nothing more');
  }

  private async next(seconds: number, what: string): Promise<unknown> {
    const limit = setTimeout(() => {
      this.overdue = `${what} within ${seconds} s`;
      this.qemu.kill('SIGKILL');
    }, seconds * 1000);
    try {
      const next = await this.lines.next();
      if (next.done !== true) return JSON.parse(next.value) as unknown;
      await this.ended;
    } catch (cause) {
      if (cause instanceof SyntaxError) throw this.fault('says what is no JSON');
      throw cause;
    } finally {
      clearTimeout(limit);
    }
    throw this.fault(this.overdue ?? 'ended early');
  }

  private fault(problem: string): LiveError {
    const said = lastWords(this.complaint) ?? lastWords(readAll(this.console));
    return new LiveError(`kernel ${this.kernel.release}`, `${problem}${said === null ? '' : ` (${said})`}`,
      'run it again, or fetch another build of it');
  }

  /** Does not wait for what the guest may still have to say. */
  async close(): Promise<void> {
    this.qemu.kill('SIGKILL');
    this.qemu.stdout.resume();
    await this.ended;
    try {
      closeSync(this.console);
    } catch {
      // It was closed before.
    }
  }
}

const KVM_GAVE_UP = 'KVM internal error';

/** Files that are gone when they are closed: one with a content, two that are empty. */
function nameless(parent: string, content: Uint8Array): readonly [content: number, log: number, disk: number] {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'guest-'));
  try {
    writeFileSync(join(folder, 'initramfs'), content);
    return [openSync(join(folder, 'initramfs'), 'r'), openSync(join(folder, 'console'), 'w+'),
      openSync(join(folder, 'disk'), 'w+')];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, bytes, 0, bytes.length, 0);
  return bytes.toString();
}

/** The line that tells most of a console or of qemu's own complaints, or null. */
function lastWords(text: string): string | null {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return lines.findLast((line) => /^(agent|init|leash): |Kernel panic|KVM internal error|qemu-system/.test(line))
    ?? lines.at(-1) ?? null;
}
