/** Whoever carries out units has a workshop for each question: what they have in common is opened once. */
import type { Asked } from '@cowlab/composition/node';
import type { Unit } from '../plan/unit.ts';

/** Where a worker stands: files that a question names are seen from here. */
export interface WorkPlace {
  readonly cwd: string;
  readonly asked: Asked;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Workshop {
  /** What the unit comes to; the same wherever the build and the files are the same. */
  perform(unit: Unit, given: unknown): Promise<unknown>;
  close(): Promise<void>;
}
