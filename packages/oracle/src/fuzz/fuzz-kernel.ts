/**
 * The kernel of this machine, asked programs one after the other; many are on their way at once, so that it need not
 * wait.
 */
import type { Program } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import { type AgentSettings, LiveAgent, type LiveHeader } from '../live/agent.ts';
import type { ZeroPage } from '../compare/zero-page.ts';
import { type LiveCan, missingFor, missingForRecordings, zeroPageOf } from '../live/can.ts';
import { LiveError } from '../live/live-error.ts';
import { classified } from '../live/raw.ts';

/** What became of a program; or why the kernel could not be asked, which says nothing about the model. */
export type KernelAnswer = { readonly observations: readonly Observation[] } | { readonly failure: string };

export interface FuzzKernel {
  /** A release such as 6.18.44. */
  readonly release: string;
  /** An answer a program, in their order; programs asked later are run later. */
  ask(programs: readonly Program[]): readonly Promise<KernelAnswer>[];
}

/** One that was opened for this, and is closed again. */
export interface OpenKernel extends FuzzKernel {
  readonly zeroPage: ZeroPage;
  /** What it can do; programs that need more are not asked. */
  readonly can: LiveCan;
  close(): Promise<void>;
}

/** There is one at a time on a machine: whoever comes second waits. */
export class LiveKernel implements OpenKernel {
  private before: Promise<unknown> = Promise.resolve();

  private constructor(readonly release: string, readonly can: LiveCan, private readonly agent: LiveAgent) {}

  get zeroPage(): ZeroPage {
    return zeroPageOf(this.can);
  }

  /** @throws LiveError */
  static async open(settings: Pick<AgentSettings, 'swap'> = {}): Promise<LiveKernel> {
    const agent = new LiveAgent(settings);
    try {
      const { kernel, can } = (await agent.line()) as LiveHeader;
      const lacks = missingForRecordings(can);
      if (lacks !== null) throw new LiveError('this machine', lacks, 'run it as root, outside containers');
      return new LiveKernel(kernel, can, agent);
    } catch (cause) {
      await agent.close();
      throw cause;
    }
  }

  ask(programs: readonly Program[]): readonly Promise<KernelAnswer>[] {
    const missing = programs.map((program) => missingFor(program, this.can));
    this.agent.send(
      programs.filter((_, at) => missing[at] === null).map((program, at) => ({ ...program, id: String(at) })),
    );
    return programs.map((_, at) => {
      const lacks = missing[at];
      if (lacks !== null) return Promise.resolve({ failure: lacks });
      const answer = this.before.then(() => this.answer());
      // Who asked learns of it; nobody may be left who does.
      this.before = answer.catch(() => undefined);
      return answer;
    });
  }

  /** Settings of the machine are as they were before when this is through. */
  async close(): Promise<void> {
    await this.agent.close();
  }

  private async answer(): Promise<KernelAnswer> {
    const { obs, failure } = (await this.agent.line()) as { readonly obs?: readonly Observation[];
      readonly failure?: string };
    return obs === undefined ? { failure: failure ?? 'no observations' } : { observations: classified(obs) };
  }
}
