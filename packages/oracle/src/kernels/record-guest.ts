/** Programs on a kernel that was fetched, observed as the recordings are. */
import { formatPrograms, type Program } from '@cowlab/scenario';
import type { Observation } from '../compare/observation.ts';
import type { LiveHeader } from '../live/agent.ts';
import { asksForSwap, missingFor, missingForRecordings, zeroPageOf } from '../live/can.ts';
import { LiveError } from '../live/live-error.ts';
import { classified } from '../live/raw.ts';
import type { LiveProgram, LiveRecording } from '../live/record-live.ts';
import { Guest, type GuestSettings } from './guest.ts';
import type { Place } from './place.ts';
import type { Accelerator } from './qemu.ts';
import type { FetchedKernel } from './store.ts';

export interface GuestRecording extends LiveRecording {
  readonly accelerator: Accelerator;
}

/** @throws LiveError */
export async function recordKernel(
  kernel: FetchedKernel,
  programs: readonly Program[],
  place: Place,
  settings?: GuestSettings,
  onProgram: (done: number) => void = () => undefined,
): Promise<GuestRecording> {
  // Ids are anybody's text; the agent is told places.
  const text = formatPrograms(programs.map((program, at) => ({ ...program, id: String(at) })));
  const swap = settings?.swap ?? programs.some(asksForSwap);
  const { guest, header, accelerator } = await Guest.boot(kernel, text, place, { ...settings, swap });
  try {
    const { kernel: release, machine, can } = header as LiveHeader;
    const lacks = missingForRecordings(can);
    if (lacks !== null) throw new LiveError(`kernel ${release}`, lacks, 'fetch another build of it');
    for (const [at, program] of programs.entries()) {
      const missing = missingFor(program, can);
      if (missing !== null) throw new LiveError(`program ${program.id ?? at}`, missing, 'leave such programs out');
    }
    const recorded: LiveProgram[] = [];
    for (const [at, { id = String(at) }] of programs.entries()) {
      const { obs, failure } = (await guest.line()) as { readonly obs?: readonly Observation[];
        readonly failure?: string };
      if (obs === undefined)
        throw new LiveError(`kernel ${release}, program ${id}`, failure ?? 'has no observations',
          'run it alone to see whether that happens again');
      recorded.push({ id, observations: classified(obs) });
      onProgram(recorded.length);
    }
    return { kernel: release, machine, zeroPage: zeroPageOf(can), accelerator, programs: recorded };
  } finally {
    await guest.close();
  }
}
