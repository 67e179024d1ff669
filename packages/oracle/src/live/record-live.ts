/** Programs on the kernel of this machine, observed as the recordings are. */
import type { Program } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import type { ZeroPage } from '../compare/zero-page.ts';
import { LiveAgent, type LiveHeader } from './agent.ts';
import { asksForSwap, missingFor, missingForRecordings, zeroPageOf } from './can.ts';
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
  readonly zeroPage: ZeroPage;
  /** In the order of the programs. */
  readonly programs: readonly LiveProgram[];
}

/** So many are on their way at once that the agent need not wait, and few enough that no pipe is filled for long. */
const BATCH = 32;

/** @throws LiveError */
export async function recordLive(
  programs: readonly Program[],
  onProgram: (done: number, program: LiveProgram) => void = () => undefined,
): Promise<LiveRecording> {
  const agent = new LiveAgent({ swap: programs.some(asksForSwap) });
  try {
    const { kernel, machine, can } = (await agent.line()) as LiveHeader;
    const lacks = missingForRecordings(can);
    if (lacks !== null) throw new LiveError('this machine', lacks, 'run it as root, outside containers');
    for (const [at, program] of programs.entries()) {
      const missing = missingFor(program, can);
      if (missing !== null) throw new LiveError(`program ${program.id ?? at}`, missing, 'leave such programs out');
    }
    const recorded: LiveProgram[] = [];
    for (let from = 0; from < programs.length; from += BATCH) {
      const batch = programs.slice(from, from + BATCH);
      // Ids are anybody's text; the agent is told places.
      agent.send(batch.map((program, at) => ({ ...program, id: String(from + at) })));
      for (const [at, { id = String(from + at) }] of batch.entries()) {
        const { obs, failure, step } = (await agent.line()) as { readonly obs?: readonly Observation[];
          readonly failure?: string; readonly step?: number };
        if (obs === undefined)
          throw new LiveError(`program ${id}${step === undefined ? '' : `, step ${step}`}`,
            failure ?? 'has no observations', 'run it alone to see whether that happens again');
        const program = { id, observations: classified(obs) };
        recorded.push(program);
        onProgram(recorded.length, program);
      }
    }
    return { kernel, machine, zeroPage: zeroPageOf(can), programs: recorded };
  } finally {
    await agent.close();
  }
}
