/** A kernel under qemu, asked programs one after the other as the one of this machine is. */
import { formatPrograms, type Program } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import type { ZeroPage } from '../compare/zero-page.ts';
import { Guest, type GuestSettings } from '../kernels/guest.ts';
import type { Place } from '../kernels/place.ts';
import type { FetchedKernel } from '../kernels/store.ts';
import type { LiveHeader } from '../live/agent.ts';
import { type LiveCan, missingFor, missingForRecordings, zeroPageOf } from '../live/can.ts';
import { LiveError } from '../live/live-error.ts';
import { classified } from '../live/raw.ts';
import type { KernelAnswer, OpenKernel } from './fuzz-kernel.ts';

/** Programs told to the guest and not answered yet. A serial port has no flow control: what it cannot keep is lost. */
const UNDER_WAY = 8;

interface Asked {
  readonly program: Program;
  readonly answer: (answer: KernelAnswer) => void;
  readonly fail: (cause: unknown) => void;
}

export class GuestKernel implements OpenKernel {
  private readonly waiting: Asked[] = [];
  private underWay = 0;
  private before: Promise<unknown> = Promise.resolve();

  private constructor(readonly release: string, readonly can: LiveCan, private readonly guest: Guest) {}

  get zeroPage(): ZeroPage {
    return zeroPageOf(this.can);
  }

  /** @throws LiveError */
  static async open(kernel: FetchedKernel, place: Place, settings?: GuestSettings): Promise<GuestKernel> {
    const { guest, header } = await Guest.boot(kernel, null, place, settings);
    const { kernel: release, can } = header as LiveHeader;
    const lacks = missingForRecordings(can);
    if (lacks === null) return new GuestKernel(release, can, guest);
    await guest.close();
    throw new LiveError(`kernel ${release}`, lacks, 'fetch another build of it');
  }

  ask(programs: readonly Program[]): readonly Promise<KernelAnswer>[] {
    const answers = programs.map((program) => {
      const lacks = missingFor(program, this.can);
      if (lacks !== null) return Promise.resolve({ failure: lacks });
      return new Promise<KernelAnswer>((answer, fail) => {
        this.waiting.push({ program, answer, fail });
      });
    });
    this.tell();
    return answers;
  }

  async close(): Promise<void> {
    await this.guest.close();
  }

  private tell(): void {
    for (; this.underWay < UNDER_WAY && this.waiting.length > 0; this.underWay++) {
      const asked = this.waiting.shift() as Asked;
      this.guest.send(formatPrograms([{ ...asked.program, id: '0' }]));
      this.before = this.before.then(() => this.take(asked));
    }
  }

  /** The guest answers in the order in which it was asked. */
  private async take({ answer, fail }: Asked): Promise<void> {
    try {
      const { obs, failure } = (await this.guest.line()) as { readonly obs?: readonly Observation[];
        readonly failure?: string };
      answer(obs === undefined ? { failure: failure ?? 'no observations' } : { observations: classified(obs) });
    } catch (cause) {
      fail(cause);
    }
    this.underWay--;
    this.tell();
  }
}
