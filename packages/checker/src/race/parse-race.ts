/**
 * Text in, a race out. A `.race` file is a scenario whose last part happens at the same time: what is said about it,
 * the steps before, the actors with their steps, and what is claimed of which kernel under which memory model.
 */
import { Cursor, faultOf, FAULTS_MAX, isStepOp, type Line, linesOf, meant, parseStep, quoted, ScenarioError, type Step,
  STEP_OPS } from '@cowlab/scenario';
import type { RaceStep } from '../machine/operations.ts';
import { type Weakening, WEAKENINGS } from '../memory/orders.ts';
import { type Strengthening, STRENGTHENINGS } from '../memory/strengthenings.ts';
import type { AtomicForm } from '../weak/step-order.ts';
import type { Race, Verdict } from './race.ts';
import { RaceLedger, REGION_PAGES } from './race-ledger.ts';
import { DEFAULT_SPECS, type SpecName, SPECS } from './specs.ts';
import { parseVerdict } from './verdict.ts';
import { type ActorWord, isActorWord, RACE_WORDS } from './vocabulary.ts';

/** Letters of a schedule. */
const ACTORS_MAX = 26;
/** Frames that the setup may use are few. */
const POOL_MAX = 4;
const ID_MAX = 4095;
const SPEC_NAMES = Object.keys(SPECS) as SpecName[];
const WEAKENING_NAMES = Object.keys(WEAKENINGS) as Weakening[];
const STRENGTHENING_NAMES = Object.keys(STRENGTHENINGS) as Strengthening[];
const WORDS = [...new Set([...RACE_WORDS, ...STEP_OPS])];

const INSTEAD: Readonly<Record<ActorWord, string>> = { gupfast: ', or use pin', ksm: '', touch: ', or use write',
  clearrefs: '' };

/** @throws ScenarioError, and nothing else, whatever the text */
export function parseRace(text: string, name: string): Race {
  const draft = new Draft();
  for (const line of linesOf(text, name)) draft.take(line);
  return draft.race(name);
}

/** Everything that is wrong with the text, for an editor, as `scenarioFaults` has it of a scenario. */
export function raceFaults(text: string, name: string): readonly ScenarioError[] {
  const faults: ScenarioError[] = [];
  const draft = new Draft();
  for (const line of linesOf(text, name)) {
    const fault = faultOf(() => draft.take(line));
    if (fault === null) continue;
    faults.push(fault);
    // Steps below an actor that cannot be read are nobody's.
    if (faults.length === FAULTS_MAX || line.words[0].text === 'actor') return faults;
  }
  // Who may name what is asked of the whole text.
  const fault = faults.length > 0 ? null : faultOf(() => draft.race(name));
  return fault === null ? faults : [fault];
}

interface DraftActor {
  readonly name: string;
  readonly tlb: boolean;
  readonly steps: RaceStep[];
  readonly line: Line;
}

class Draft {
  private readonly said = new Map<'title' | 'question' | 'pool', { readonly text: string; readonly line: number }>();
  private readonly notes: string[] = [];
  private readonly steps: Step[] = [];
  private readonly actors: DraftActor[] = [];
  private readonly specs: SpecName[] = [];
  private readonly weakened: Weakening[] = [];
  private readonly strengthened: Strengthening[] = [];
  private atomics: AtomicForm | undefined;
  private readonly verdicts: Verdict[] = [];
  private readonly ledger = new RaceLedger();

  take(line: Line): void {
    const word = line.words[0].text;
    switch (word) {
      case 'title':
      case 'question':
        return this.once(word, line, line.rest);
      case 'note': {
        if (line.rest === '') throw whole(line, 'note has no text', 'write it as: note TEXT');
        this.notes.push(line.rest);
        return;
      }
      case 'pool': {
        const at = new Cursor(line, 'pool N');
        const nr = at.number('N', POOL_MAX);
        at.end();
        return this.once(word, line, String(nr));
      }
      case 'spec':
        return namesInto(line, 'spec NAME...', SPEC_NAMES, this.specs);
      case 'weaken':
        return namesInto(line, 'weaken NAME...', WEAKENING_NAMES, this.weakened);
      case 'strengthen':
        return namesInto(line, 'strengthen NAME...', STRENGTHENING_NAMES, this.strengthened);
      case 'atomics': {
        const at = new Cursor(line, 'atomics lse|llsc');
        if (this.atomics !== undefined) throw whole(line, 'atomics is given twice', 'drop one of them');
        this.atomics = at.oneOf('FORM', ['lse', 'llsc'] as const);
        return at.end();
      }
      case 'actor':
        return this.actor(line);
      case 'check': {
        if (this.actors.length === 0) throw whole(line, 'check comes before any actor', 'move it below the actors');
        this.verdicts.push(parseVerdict(line, this.verdicts));
        return;
      }
      default:
        this.step(line, word);
    }
  }

  race(name: string): Race {
    const title = this.said.get('title')?.text;
    if (title === undefined) throw new ScenarioError(name, 1, 1, 'the race has no title', 'begin with: title TEXT');
    if (this.actors.length === 0)
      throw new ScenarioError(name, 1, 1, 'there are no actors',
        'write "actor A", and below it its steps, such as: fork 0 1');
    const idle = this.actors.find(({ steps }) => steps.length === 0);
    if (idle !== undefined)
      throw whole(idle.line, `actor ${idle.name} does nothing`, 'write its steps below this line, such as: fork 0 1');
    this.ledger.check();
    return { name, title, question: this.said.get('question')?.text ?? '', notes: this.notes,
      setup: { pool: Number(this.said.get('pool')?.text ?? 0), steps: this.steps },
      actors: this.actors.map(({ name: who, tlb, steps }) => ({ name: who, tlb, steps })),
      specs: this.specs.length === 0 ? DEFAULT_SPECS : this.specs, weakened: this.weakened,
      ...(this.strengthened.length > 0 && { strengthened: this.strengthened }),
      ...(this.atomics !== undefined && { atomics: this.atomics }), verdicts: this.verdicts };
  }

  private once(word: 'title' | 'question' | 'pool', line: Line, text: string): void {
    const before = this.said.get(word);
    if (before !== undefined) throw whole(line, `${word} is given twice`, `keep this or line ${before.line}`);
    if (text === '') throw whole(line, `${word} has no text`, `write it as: ${word} TEXT`);
    this.said.set(word, { text, line: line.nr });
  }

  private actor(line: Line): void {
    this.noCheckAbove(line);
    const at = new Cursor(line, 'actor NAME [tlb]');
    const name = at.word('NAME');
    if (!/^[A-Za-z0-9][\w.-]{0,23}$/.test(name))
      throw at.fault('NAME', `NAME is ${quoted(name)}`, 'use up to 24 letters, digits and dashes');
    const tlb = at.more && at.oneOf('tlb', ['tlb']) === 'tlb';
    at.end();
    const twin = this.actors.find((actor) => actor.name === name);
    if (twin !== undefined) throw at.fault('NAME', `line ${twin.line.nr} has an actor ${name}`, 'use another name');
    if (this.actors.length === ACTORS_MAX)
      throw whole(line, `there are more than ${ACTORS_MAX} actors`, 'drop this one');
    this.actors.push({ name, tlb, steps: [], line });
  }

  private step(line: Line, word: string): void {
    if (!isActorWord(word) && !isStepOp(word))
      throw whole(line, `unknown word ${quoted(word)}`, meant(word, WORDS));
    this.noCheckAbove(line);
    const actor = this.actors.at(-1);
    if (isActorWord(word)) {
      if (actor === undefined)
        throw whole(line, `${word} comes before any actor`, `move it below an actor${INSTEAD[word]}`);
      const { step, at } = parseRaceStep(line, word);
      this.ledger.admit(step, at);
      actor.steps.push(step);
      return;
    }
    const { step, at } = parseStep(line, word);
    if (word === 'storm') throw whole(line, 'storm is for live kernels', 'write its thread and its fork() as actors');
    if (actor !== undefined && Object.hasOwn(STEPLESS, word))
      throw whole(line, `${word} has no steps that could be interleaved`, STEPLESS[word]);
    this.ledger.admit(step, at);
    if (actor === undefined) this.steps.push(step);
    else actor.steps.push(step);
  }

  private noCheckAbove(line: Line): void {
    if (this.verdicts.length > 0)
      throw whole(line, `${line.words[0].text} comes after a check`, `move it above line ${this.verdicts[0].line}`);
  }
}

function namesInto<Name extends string>(line: Line, shape: string, known: readonly Name[], into: Name[]): void {
  const at = new Cursor(line, shape);
  do {
    const name = at.oneOf('NAME', known);
    if (into.includes(name)) throw at.fault('NAME', `${name} is named twice`, 'drop one of them');
    into.push(name);
  } while (at.more);
}

interface Parsed {
  readonly step: RaceStep;
  readonly at: Cursor;
}

function parseRaceStep(line: Line, word: ActorWord): Parsed {
  if (word === 'gupfast') return parseGupFast(line);
  return word === 'clearrefs' ? parseClearRefs(line) : parsePageStep(line, word);
}

function parseClearRefs(line: Line): Parsed {
  const at = new Cursor(line, 'clearrefs P');
  const step: RaceStep = { op: 'clearrefs', p: at.number('P', ID_MAX) };
  at.end();
  return { step, at };
}

function parseGupFast(line: Line): Parsed {
  const at = new Cursor(line, 'gupfast P SLOT R A N');
  const step: RaceStep = { op: 'gupfast', p: at.number('P', ID_MAX), slot: at.number('SLOT', ID_MAX),
    r: at.number('R', ID_MAX), start: at.number('A', REGION_PAGES - 1), nr: at.number('N', REGION_PAGES, 1) };
  at.end();
  return { step, at };
}

function parsePageStep(line: Line, op: 'ksm' | 'touch'): Parsed {
  const at = new Cursor(line, `${op} P R PAGE`);
  const step: RaceStep = { op, p: at.number('P', ID_MAX), r: at.number('R', ID_MAX),
    page: at.number('PAGE', REGION_PAGES - 1) };
  at.end();
  return { step, at };
}

function whole(line: Line, wrong: string, mend: string): ScenarioError {
  return new ScenarioError(line.file, line.nr, line.words[0].column, wrong, mend);
}

/** Words that no actor may say, and what to say in their place. */
const STEPLESS: Readonly<Record<string, string>> = { pvread: 'use pin or spin', pvwrite: 'use pin or spin',
  memread: 'put it before the actors', memwrite: 'put it before the actors', ksmd: 'use ksm P R PAGE',
  fail: 'put it before the actors', uffdopen: 'put it before the actors', uffd: 'put it before the actors',
  uffdprotect: 'put it before the actors', uffdunprotect: 'put it before the actors',
  uffdcopy: 'put it before the actors', uffdend: 'put it before the actors' };
