/**
 * Text in, data out: `.cow` scenarios and files of recorded programs. The two differ in what surrounds the steps and
 * in how much is checked: a scenario is written by a person and is held to its own words, a recorded program was
 * already judged by a kernel and is only read.
 */
import { Cursor, linesOf, type Line } from './cursor.ts';
import { parseExpectation } from './expectation.ts';
import { Ledger } from './ledger.ts';
import { OPERANDS, POOL_DEFAULT, POOL_MAX } from './operand.ts';
import type { Expectation, ExpectedFailure, Program, Scenario } from './program.ts';
import { meant, quoted, ScenarioError } from './scenario-error.ts';
import { isStepOp, parseStep } from './step.ts';
import { type Step, STEP_OPS } from './words/words.ts';
import { parseXfail } from './xfail.ts';

export function parseScenario(text: string, name: string): Scenario {
  const ledger = new Ledger();
  const draft = new Draft(ledger, ['question', 'title', 'pool', 'watch', ...STEP_OPS, 'expect', 'xfail']);
  const texts: { question?: string; title?: string } = {};
  const expects: Expectation[] = [];
  const xfails: ExpectedFailure[] = [];
  for (const line of linesOf(text, name)) {
    const word = line.words[0].text;
    if (word === 'question' || word === 'title') {
      draft.mustBeFirst(line, texts[word] !== undefined);
      if (line.rest === '') throw whole(line, `${word} has no text`, `write it as: ${word} TEXT`);
      texts[word] = line.rest;
    } else if (word === 'expect') {
      if (draft.steps.length === 0) throw whole(line, 'expect comes before any step', 'move it below the steps');
      expects.push(parseExpectation(line, ledger, draft.steps.length));
    } else if (word === 'xfail') {
      if (draft.steps.length === 0) throw whole(line, 'xfail comes before any step', 'move it below the steps');
      xfails.push(parseXfail(line));
    } else if (isStepOp(word) && expects.length + xfails.length > 0) {
      const above = Math.min(...[...expects, ...xfails].map(({ line: nr }) => nr));
      throw whole(line, `${word} comes after an ${above === expects[0]?.line ? 'expect' : 'xfail'}`,
        `move it above line ${above}`);
    } else {
      draft.take(line);
    }
  }
  const { question, title } = texts;
  if (question === undefined) throw new ScenarioError(name, 1, 1, 'no question is asked', 'begin with: question TEXT');
  if (draft.steps.length === 0)
    throw new ScenarioError(name, 1, 1, 'there are no steps', 'begin with: mmap 0 0 anon 4');
  if (xfails.length > 0 && expects.length === 0)
    throw new ScenarioError(name, xfails[0].line, 1, 'xfail, and nothing is expected',
      'write what should hold: expect * no-leak');
  return { name, ...(title !== undefined && { title }), question, program: draft.program(), expects, xfails,
    lines: draft.lines };
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
      open = { draft: new Draft(strict ? new Ledger() : undefined, ['pool', 'watch', ...STEP_OPS, 'end']), id, line };
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
  private readonly ledger: Ledger | undefined;
  private readonly keywords: readonly string[];
  private pool: number | undefined;
  private readonly watch: Record<number, number[]> = {};
  /** Pages can be checked only when all mmaps are known. */
  private readonly watched: { r: number; page: number; column: number; at: Cursor }[] = [];

  constructor(ledger: Ledger | undefined, keywords: readonly string[]) {
    this.ledger = ledger;
    this.keywords = keywords;
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
    return { watch: this.watch, steps: this.steps, pool: this.pool ?? POOL_DEFAULT };
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
