/**
 * Scenarios written in TypeScript: one method a step, operands in the order of the text. Every method returns a new
 * builder, so a common beginning can be kept and continued in several ways. The result is printed and parsed, so
 * there is one set of rules and one set of error texts.
 */
import { formatScenario } from './format.ts';
import { type FolioSize, type MachineSettings, type MthpMode, settingsOver, type ThpMode } from './machine-settings.ts';
import { POOL_DEFAULT } from './operand.ts';
import { parseScenario } from './parse.ts';
import type { Signal, Snapshot, StepResult } from './operand.ts';
import type { Assertion, HazardId, Scenario } from './program.ts';
import { type OperandsOf, type Step, STEP_OPS, type StepOp, WORDS } from './words/words.ts';

/** One method a word. */
type StepMethods = { readonly [Op in StepOp]: (...operands: OperandsOf<Op>) => ScenarioBuilder };

export interface ScenarioBuilder extends StepMethods {
  named(name: string): ScenarioBuilder;
  title(text: string): ScenarioBuilder;
  pool(nr: number): ScenarioBuilder;
  /** Settings of the machine: huge pages, and smaller folios of one size. */
  thp(mode: ThpMode): ScenarioBuilder;
  mthp(size: FolioSize, mode: MthpMode): ScenarioBuilder;
  watch(r: number, ...pages: readonly number[]): ScenarioBuilder;
  /** Any step, for programs made by code. */
  step(step: Step): ScenarioBuilder;
  steps(steps: readonly Step[]): ScenarioBuilder;
  /** `lanes` as in the text, or a list of names. */
  expect(lanes: string | readonly string[], claim: (a: Claims) => Assertion | readonly Assertion[]): ScenarioBuilder;
  /** On these lanes the expectations are known not all to hold. */
  xfail(lanes: string | readonly string[], why: string): ScenarioBuilder;
  /** The `.cow` text, unchecked. */
  text(): string;
  /** Throws a ScenarioError that points into `text()`. */
  build(): Scenario;
}

/** `scenario('…?').mmap(P, R, 'anon', 4).fork(P, C).expect('naive-cow', (a) => a.leak()).build()` */
export function scenario(question: string): ScenarioBuilder {
  const program = { watch: {}, steps: [], pool: POOL_DEFAULT };
  return builderOf({ name: 'scenario', question: inOneLine(question), program, expects: [], xfails: [], lines: [] });
}

const claims = {
  pin: (slot: number, state: 'coherent' | 'diverged', ...pages: readonly number[]): Assertion =>
    state === 'coherent' ? { is: 'pin-coherent', slot } : { is: 'pin-diverged', slot, pages },
  leak: (): Assertion => ({ is: 'leak' }),
  noLeak: (): Assertion => ({ is: 'no-leak' }),
  /** Exactly these; none when called without. */
  hazards: (...ids: readonly HazardId[]): Assertion => ({ is: 'hazards', ids }),
  value: (p: number, r: number, page: number, seen: number | Signal): Assertion => ({ is: 'value', p, r, page, seen }),
  device: (slot: number, page: number, value: number): Assertion => ({ is: 'device', slot, page, value }),
  pipe: (slot: number, index: number, value: number): Assertion => ({ is: 'pipe', slot, index, value }),
  copied: (nr: number): Assertion => ({ is: 'copied', nr, atLeast: false }),
  copiedAtLeast: (nr: number): Assertion => ({ is: 'copied', nr, atLeast: true }),
  step: (index: number, result: StepResult): Assertion => ({ is: 'step', index, result }),
  mapcount: (p: number, r: number, page: number, count: number): Assertion => ({ is: 'mapcount', p, r, page, count }),
  split: (): Assertion => ({ is: 'split' }),
  noSplit: (): Assertion => ({ is: 'no-split' }),
  walked: (index: number, count: number): Assertion => ({ is: 'walked', index, count }),
  storm: (snapshot: Snapshot): Assertion => ({ is: 'storm', snapshot }),
};
export type Claims = typeof claims;

function builderOf(draft: Scenario): ScenarioBuilder {
  const { program, expects, xfails } = draft;
  const changed = (change: Partial<Scenario>) => builderOf({ ...draft, ...change });
  const step = (next: Step) => changed({ program: { ...program, steps: [...program.steps, next] } });
  const methodOf = (op: StepOp) => (...operands: readonly unknown[]) =>
    step(
      { op,
        ...Object.fromEntries(WORDS[op].shape.fields.map((field, at) => [field, operands[at]])) } as unknown as Step,
    );
  return {
    ...(Object.fromEntries(STEP_OPS.map((op) => [op, methodOf(op)])) as unknown as StepMethods),
    named: (name) => changed({ name }),
    title: (title) => changed({ title: inOneLine(title) }),
    pool: (pool) => changed({ program: { ...program, pool } }),
    thp: (thp) => changed({ program: { ...program, settings: settingsOver({ thp }, program.settings) } }),
    mthp(size, mode) {
      const settings: MachineSettings = settingsOver({ mthp: { [size]: mode } }, program.settings);
      return changed({ program: { ...program, settings } });
    },
    watch: (r, ...pages) => changed({ program: { ...program, watch: { ...program.watch, [r]: pages } } }),
    step,
    steps: (next) => changed({ program: { ...program, steps: [...program.steps, ...next] } }),
    expect(lanes, claim) {
      const said = [claim(claims)].flat();
      return changed({
        expects: [...expects, ...said.map((assertion) => ({ lanes: listed(lanes), assertion, line: 0 }))],
      });
    },
    xfail: (lanes, why) => changed({ xfails: [...xfails, { lanes: listed(lanes), why: inOneLine(why), line: 0 }] }),
    text: () => formatScenario(draft),
    build: () => parseScenario(formatScenario(draft), draft.name),
  };
}

const listed = (lanes: string | readonly string[]): readonly string[] => (typeof lanes === 'string' ? [lanes] : lanes);

/** A question may be a template literal over several lines; the text has one line for it. */
function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
