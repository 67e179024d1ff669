/** The workshop that a question needs; what only one kind of question needs is loaded for that kind alone. */
import type { Question } from '../plan/question.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

/** @throws CompositionError, PluginError, SweepError when this worker has not what the question speaks of */
export async function openWorkshop(question: Question, place: WorkPlace): Promise<Workshop> {
  switch (question.kind) {
    case 'fuzz':
      return (await import('./fuzz-work.ts')).FuzzWork.open(question, place);
    case 'sweep':
      return (await import('./sweep-work.ts')).openSweepWork(question, place);
    case 'check':
      return (await import('./check-work.ts')).openCheckWork(question, place);
    case 'conform':
      return (await import('./conform-work.ts')).openConformWork(question, place);
  }
}
