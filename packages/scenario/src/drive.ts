/** Steps of a program as commands of a machine: each as the row of its word says. */
import { Controller, type StepOutcome } from './words/controller.ts';
import { type Step, WORDS } from './words/words.ts';

export class Driver extends Controller {
  step(step: Step): StepOutcome {
    const act = WORDS[step.op].act as (on: Controller, step: Step) => StepOutcome;
    return act(this, step);
  }
}
