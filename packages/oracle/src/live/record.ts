/** Programs on the kernel of this machine, observed as the recordings are. */
import type { Program } from '@cowlab/scenario';
import type { Observation } from '../observation.ts';
import { LiveAgent } from './agent.ts';
import { LiveError } from './live-error.ts';
import { classified } from './raw.ts';

export interface LiveProgram {
  readonly id: string;
  readonly observations: readonly Observation[];
}

export interface LiveRecording {
  /** What `uname -r` says. */
  readonly kernel: string;
  readonly machine: string;
  /** In the order of the programs. */
  readonly programs: readonly LiveProgram[];
}

/** So many are on their way at once that the agent need not wait, and few enough that no pipe is filled for long. */
const BATCH = 32;

/** @throws LiveError */
export async function recordLive(programs: readonly Program[], onProgram: (done: number) => void = () => undefined): Promise<LiveRecording> {
  const odd = programs.flatMap(({ steps }) => steps).find(({ op }) => NOT_LIVE.has(op));
  if (odd !== undefined) throw new LiveError('the programs', `the agent has no step ${odd.op}`, 'leave such programs out');
  const agent = new LiveAgent();
  try {
    const { kernel, machine } = (await agent.line()) as { readonly kernel: string; readonly machine: string };
    const recorded: LiveProgram[] = [];
    for (let from = 0; from < programs.length; from += BATCH) {
      const batch = programs.slice(from, from + BATCH);
      // Ids are anybody's text; the agent is told places.
      agent.send(batch.map((program, at) => ({ ...program, id: String(from + at) })));
      for (const [at, { id = String(from + at) }] of batch.entries()) {
        const { obs, failure } = (await agent.line()) as { readonly obs?: readonly Observation[]; readonly failure?: string };
        if (obs === undefined) throw new LiveError(`program ${id}`, failure ?? 'has no observations', 'run it alone to see whether that happens again');
        recorded.push({ id, observations: classified(obs) });
        onProgram(recorded.length);
      }
    }
    return { kernel, machine, programs: recorded };
  } finally {
    await agent.close();
  }
}

const NOT_LIVE: ReadonlySet<string> = new Set(['swapout', 'thread', 'exec', 'rpin', 'spin']);
