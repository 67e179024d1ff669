/** The kernel of this machine, asked for one program after the other by whatever user. */
import type { Program } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import { type AgentSettings, LiveAgent, type LiveHeader } from './agent.ts';
import { type LiveCan, missingFor } from './can.ts';
import { LiveError } from './live-error.ts';
import { classified, sighted } from './raw.ts';

/**
 * `missing`: the program needs what this machine does not have. `failure`: it did not come to its end; `step` is
 * where.
 */
export type LiveRun =
  | { readonly observations: readonly Observation[] }
  | { readonly missing: string }
  | { readonly failure: string; readonly step: number | null };

export class LiveMachine {
  private constructor(
    private agent: LiveAgent | null,
    private readonly settings: AgentSettings,
    readonly header: LiveHeader,
  ) {}

  /** @throws LiveError */
  static async open(settings: AgentSettings = {}): Promise<LiveMachine> {
    const agent = new LiveAgent({ ...settings, anyUser: true });
    try {
      return new LiveMachine(agent, settings, (await agent.line()) as LiveHeader);
    } catch (cause) {
      await agent.close();
      throw cause;
    }
  }

  get can(): LiveCan {
    return this.header.can;
  }

  /** A program that takes the agent down with it is a failure; the next one gets another agent. */
  async run(program: Program): Promise<LiveRun> {
    const missing = missingFor(program, this.can);
    if (missing !== null) return { missing };
    try {
      const agent = this.agent === null || this.agent.gone ? await this.another() : this.agent;
      agent.send([{ ...program, id: '0' }]);
      const { obs, failure = 'there are no observations', step = null } = (await agent.line()) as {
        readonly obs?: readonly Observation[];
        readonly failure?: string;
        readonly step?: number;
      };
      if (obs === undefined) return { failure, step };
      return { observations: this.can.frames ? classified(obs) : sighted(obs, this.can) };
    } catch (cause) {
      if (!(cause instanceof LiveError)) throw cause;
      await this.close();
      const { groups } = /program \S+, step (?<step>-?\d+) \([^)]*\): (?<what>.*)/.exec(cause.problem) ?? {};
      return { failure: groups?.what ?? cause.problem.replace(/^agent: /, ''),
        step: groups === undefined ? null : Number(groups.step) };
    }
  }

  async close(): Promise<void> {
    const { agent } = this;
    this.agent = null;
    await agent?.close();
  }

  private async another(): Promise<LiveAgent> {
    this.agent = new LiveAgent({ ...this.settings, anyUser: true });
    await this.agent.line();
    return this.agent;
  }
}
