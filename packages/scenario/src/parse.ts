/**
 * Text in, data out: `.cow` scenarios and files of recorded programs. The two differ in what surrounds the steps and
 * in how much is checked: a scenario is written by a person and is held to its own words, a recorded program was
 * already judged by a kernel and is only read.
 */
import { Cursor, linesOf, type Line } from './cursor.ts';
import { parseExpectation } from './expectation.ts';
import { Ledger } from './ledger.ts';
import { isSettingWord, type MachineSettings, readSetting, SETTING_SHAPES, SETTING_WORDS } from './machine-settings.ts';
import { OPERANDS, POOL_DEFAULT, POOL_MAX } from './operand.ts';
import type { Expectation, ExpectedFailure, Program, Scenario } from './program.ts';
import { meant, quoted, ScenarioError } from './scenario-error.ts';
import { isStepOp, parseStep } from './step.ts';
import { factsOf, type Step, STEP_OPS } from './words/words.ts';
import { parseXfail } from './xfail.ts';

/** @throws ScenarioError, and nothing else, whatever the text */
export function parseScenario(text: string, name: string): Scenario {
  const reader = new ScenarioReader();
  for (const line of linesOf(text, name)) reader.take(line);
  return reader.scenario(name);
}

/**
 * Everything that is wrong with the text, for an editor. What comes after a line that cannot be read may depend on it: from
 * there on only the lines themselves are judged, not whether the regions and processes that they name exist.
 */
export function scenarioFaults(text: string, name: string): readonly ScenarioError[] {
  const faults: ScenarioError[] = [];
  const reader = new ScenarioReader();
  for (const line of linesOf(text, name)) {
    const fault = faultOf(() => reader.take(line));
    if (fault === null) continue;
    faults.push(fault);
    if (faults.length === FAULTS_MAX) return faults;
    if (!keepsWhatExists(line)) reader.forget();
  }
  if (faults.length > 0) return faults;
  const fault = faultOf(() => reader.scenario(name));
  return fault === null ? [] : [fault];
}

/** Nobody mends more at once. */
export const FAULTS_MAX = 100;

export function faultOf(work: () => unknown): ScenarioError | null {
  try {
    work();
    return null;
  } catch (cause) {
    if (cause instanceof ScenarioError) return cause;
    throw cause;
  }
}

/** Left out, the line changes nothing for those below it. */
export function keepsWhatExists({ words: [{ text: word }] }: Line): boolean {
  if (isStepOp(word)) return ['touches', 'uses'].includes(factsOf(word).effect);
  return word === 'expect' || word === 'xfail' || word === 'watch';
}

class ScenarioReader {
  private readonly draft = new Draft(new Ledger(), ['question', 'title', ...SETTING_WORDS, 'pool', 'watch', ...STEP_OPS,
    'expect', 'xfail']);
  private readonly texts: { question?: string; title?: string } = {};
  private readonly expects: Expectation[] = [];
  private readonly xfails: ExpectedFailure[] = [];

  take(line: Line): void {
    const { draft, expects, xfails } = this;
    const word = line.words[0].text;
    if (word === 'question' || word === 'title') {
      draft.mustBeFirst(line, this.texts[word] !== undefined);
      if (line.rest === '') throw whole(line, `${word} has no text`, `write it as: ${word} TEXT`);
      this.texts[word] = line.rest;
    } else if (word === 'expect') {
      if (draft.stepsNr === 0) throw whole(line, 'expect comes before any step', 'move it below the steps');
      expects.push(parseExpectation(line, draft.ledger, draft.stepsNr));
    } else if (word === 'xfail') {
      if (draft.stepsNr === 0) throw whole(line, 'xfail comes before any step', 'move it below the steps');
      xfails.push(parseXfail(line));
    } else if (isStepOp(word) && expects.length + xfails.length > 0) {
      const above = Math.min(...[...expects, ...xfails].map(({ line: nr }) => nr));
      throw whole(line, `${word} comes after an ${above === expects[0]?.line ? 'expect' : 'xfail'}`,
        `move it above line ${above}`);
    } else {
      draft.take(line);
    }
  }

  /** What exists is not known from here on. */
  forget(): void {
    this.draft.forget();
  }

  scenario(name: string): Scenario {
    const { draft, expects, xfails } = this;
    const { question, title } = this.texts;
    if (question === undefined)
      throw new ScenarioError(name, 1, 1, 'no question is asked', 'begin with: question TEXT');
    if (draft.steps.length === 0)
      throw new ScenarioError(name, 1, 1, 'there are no steps', 'begin with: mmap 0 0 anon 4');
    if (xfails.length > 0 && expects.length === 0)
      throw new ScenarioError(name, xfails[0].line, 1, 'xfail, and nothing is expected',
        'write what should hold: expect * no-leak');
    return { name, ...(title !== undefined && { title }), question, program: draft.program(), expects, xfails,
      lines: draft.lines };
  }
}

/** Many `prog ID / watch … / steps / end` blocks; `strict` also checks that processes, regions and slots exist. */
export function parsePrograms(text: string, name: string, { strict = false } = {}): Program[] {
  const programs: Program[] = [];
  const idLines = new Map<string, number>();
  let open: { draft: Draft; id: string; line: Line } | undefined;
  for (const line of linesOf(text, name)) {
    const word = line.words[0].text;
    const at = new Cursor(line, word === 'prog' ? 'prog ID' : word);
    if (word === 'prog') {
      if (open) throw whole(line, `prog ${quoted(open.id)} is still open`, 'put "end" before this line');
      const id = at.word('ID');
      at.end();
      const since = idLines.get(id);
      if (since !== undefined) throw at.fault('ID', `id ${quoted(id)} is taken by line ${since}`, 'use another id');
      idLines.set(id, line.nr);
      open = {
        draft: new Draft(strict ? new Ledger() : undefined, [...SETTING_WORDS, 'pool', 'watch', ...STEP_OPS, 'end']),
        id,
        line,
      };
    } else if (!open) {
      const mend = word === 'end' ? 'drop this line' : 'put "prog ID" before this line';
      throw whole(line, `${quoted(word)} outside a program`, mend);
    } else if (word === 'end') {
      at.end();
      programs.push({ id: open.id, ...open.draft.program() });
      open = undefined;
    } else {
      open.draft.take(line);
    }
  }
  if (open) throw whole(open.line, `prog ${quoted(open.id)} has no end`, 'put "end" after its last step');
  return programs;
}

/** A program as far as it has been read. */
class Draft {
  readonly steps: Step[] = [];
  readonly lines: number[] = [];
  private known: Ledger | undefined;
  private forgot = false;
  private readonly keywords: readonly string[];
  private pool: number | undefined;
  private settings: MachineSettings = {};
  private readonly watch: Record<number, number[]> = {};
  /** Pages can be checked only when all mmaps are known. */
  private readonly watched: { r: number; page: number; column: number; at: Cursor }[] = [];

  constructor(ledger: Ledger | undefined, keywords: readonly string[]) {
    this.known = ledger;
    this.keywords = keywords;
  }

  get ledger(): Ledger | undefined {
    return this.known;
  }

  /** Any, where some could not be read. */
  get stepsNr(): number {
    return this.forgot ? Infinity : this.steps.length;
  }

  forget(): void {
    this.known = undefined;
    this.forgot = true;
  }

  take(line: Line): void {
    const word = line.words[0].text;
    if (isStepOp(word)) {
      const { step, at } = parseStep(line, word);
      this.ledger?.admit(step, at);
      this.steps.push(step);
      this.lines.push(line.nr);
    } else if (word === 'watch') {
      this.mustBeFirst(line, false);
      this.takeWatch(new Cursor(line, 'watch R PAGE…'));
    } else if (isSettingWord(word)) {
      this.mustBeFirst(line, word === 'thp' && this.settings.thp !== undefined);
      this.settings = readSetting(new Cursor(line, SETTING_SHAPES[word]), word, this.settings);
    } else if (word === 'pool') {
      this.mustBeFirst(line, this.pool !== undefined);
      const at = new Cursor(line, 'pool N');
      this.pool = at.number('N', POOL_MAX);
      at.end();
    } else throw whole(line, `unknown word ${quoted(word)}`, meant(word, this.keywords));
  }

  /** What is said once about the whole program precedes its steps. */
  mustBeFirst(line: Line, given: boolean): void {
    const word = line.words[0].text;
    if (given) throw whole(line, `${word} is given twice`, 'keep one of the lines');
    if (this.steps.length > 0) throw whole(line, `${word} comes after a step`, `move it above line ${this.lines[0]}`);
  }

  program(): Program {
    for (const { r, page, column, at } of this.watched) this.ledger?.watched(r, page, column, at);
    const { watch, steps, settings } = this;
    return { watch, steps, pool: this.pool ?? POOL_DEFAULT, ...(Object.keys(settings).length > 0 && { settings }) };
  }

  private takeWatch(at: Cursor): void {
    const r = OPERANDS.r[1](at);
    if (this.watch[r] !== undefined) throw at.fault('R', `region ${r} is watched already`, 'join the two lines');
    const pages = new Set<number>();
    do {
      const page = OPERANDS.page[1](at);
      if (pages.has(page)) throw at.fault('PAGE', `page ${page} is watched already`, 'drop one of them');
      pages.add(page);
      this.watched.push({ r, page, column: at.columnOf('PAGE'), at });
    } while (at.more);
    this.watch[r] = [...pages];
  }
}

function whole(line: Line, wrong: string, mend: string): ScenarioError {
  return new ScenarioError(line.file, line.nr, line.words[0].column, wrong, mend);
}
