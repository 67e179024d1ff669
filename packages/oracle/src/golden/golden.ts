/**
 * Recordings as text: a header line, then a line a program. Reading is strict about what is compared and lets fields
 * pass that nobody here knows: a recorder may say more.
 */
import { type MachineSettings, parseSettings, ScenarioError } from '@cowlab/scenario';
import { GoldenError } from './golden-error.ts';
import type { Observation, PageEntry } from '../compare/observation.ts';
import { type ZeroPage, zeroPageIn } from '../compare/zero-page.ts';

export interface RecordedProgram {
  readonly id: string;
  /** Of the text. */
  readonly line: number;
  readonly observations: readonly Observation[];
}

export interface Recording {
  /** What complaints call it. */
  readonly file: string;
  /** Of the header: what `uname -r` said. */
  readonly kernel: string;
  readonly set: string | null;
  /** Of the header: what `uname -m` said; null: not told, as in recordings of old. */
  readonly machine: string | null;
  /** How many programs the header tells of; null: it tells nothing, so all that were to be recorded must be there. */
  readonly told: number | null;
  /** Of the text, where it ends. */
  readonly lastLine: number;
  readonly zeroPage: ZeroPage;
  /** Of the machine, for all programs that do not say otherwise. */
  readonly settings: MachineSettings;
  /** By id. */
  readonly programs: ReadonlyMap<string, RecordedProgram>;
}

/** @throws GoldenError */
export function parseRecording(text: string, file: string): Recording {
  let header: Header | null = null;
  const programs = new Map<string, RecordedProgram>();
  let nr = 0;
  for (const line of text.split('\n')) {
    nr++;
    if (line.trim() === '') continue;
    const at = new Place(file, nr);
    const value = at.record(json(line, at), 'the line');
    if (header === null) {
      header = headerOf(value, at);
      continue;
    }
    const program = programOf(value, at);
    const earlier = programs.get(program.id);
    if (earlier !== undefined)
      throw at.fault(`program ${program.id} was recorded at line ${earlier.line} already`, 'drop one of them');
    programs.set(program.id, program);
  }
  if (header === null) throw new GoldenError(file, 1, 'the recording is empty', 'copy it again');
  const lastLine = text.endsWith('\n') ? nr - 1 : nr;
  const { told } = header;
  if (told !== null && told !== programs.size) {
    throw new GoldenError(file, lastLine,
      `it ends with ${programs.size} of the ${told} programs that its header tells of`, 'copy the recording again');
  }
  return { file, lastLine, ...header, programs };
}

/** The same format; what it writes can be read by `parseRecording` and by whatever reads recordings of real kernels. */
export function formatRecording(
  header: Readonly<Record<string, string | readonly string[]>>,
  programs: Iterable<{ readonly id: string; readonly observations: readonly Observation[] }>,
): string {
  // Ids are numbers in the recordings; an id that is no plain number stays text.
  const lines = Array.from(programs,
    ({ id, observations }) =>
      `{"prog":${String(Number(id)) === id ? id : JSON.stringify(id)},"obs":${JSON.stringify(observations)}}`);
  // The count is how a reader finds out that somebody cut the text at the end of a line.
  return `${[JSON.stringify({ ...header, programs: lines.length }), ...lines].join('\n')}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where something was read; makes the complaint. */
class Place {
  constructor(private readonly file: string, readonly line: number) {}

  fault(wrong: string, mend = 'copy the recording again, or mend that line'): GoldenError {
    return new GoldenError(this.file, this.line, wrong, mend);
  }

  record(value: unknown, what: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    throw this.fault(`${what} is not an object`);
  }

  list(value: unknown, what: string): readonly unknown[] {
    if (Array.isArray(value)) return value as readonly unknown[];
    throw this.fault(`${what} is not a list`);
  }
}

function json(line: string, at: Place): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw at.fault(`not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

type Header = Pick<Recording, 'kernel' | 'set' | 'machine' | 'told' | 'zeroPage' | 'settings'>;

function headerOf(value: Fields, at: Place): Header {
  const mend = 'begin the recording with {"kernel": RELEASE, "set": SET}';
  if (Object.hasOwn(value, 'prog')) throw at.fault('there is no header line', mend);
  if (typeof value.kernel !== 'string') throw at.fault('the header names no kernel', mend);
  const zeroPage = zeroPageIn(value.zeropage);
  if (zeroPage === null)
    throw at.fault(`"zeropage" is ${short(value.zeropage)}`, 'it is "forbidden" or "by-split", or left out');
  const { programs: told = null } = value;
  if (told !== null && (!isInteger(told) || (told as number) < 0))
    throw at.fault(`"programs" is ${short(told)}`, 'it is the number of programs that follow, or left out');
  return { kernel: value.kernel, set: typeof value.set === 'string' ? value.set : null,
    machine: typeof value.machine === 'string' ? value.machine : null, told: told as number | null, zeroPage,
    settings: settingsIn(value.settings, at) };
}

/** Lines as in the head of a program. */
function settingsIn(said: unknown, at: Place): MachineSettings {
  if (said === undefined) return {};
  const lines = at.list(said, '"settings"');
  const fault = (): GoldenError =>
    at.fault(`"settings" is ${short(said)}`, 'it is a list of lines such as "mthp 64k always", or left out');
  if (!lines.every((line) => typeof line === 'string')) throw fault();
  try {
    return parseSettings(lines.join('\n'), 'settings');
  } catch (cause) {
    if (cause instanceof ScenarioError) throw fault();
    throw cause;
  }
}

function programOf({ prog, obs }: Fields, at: Place): RecordedProgram {
  if (!isInteger(prog) && typeof prog !== 'string') throw at.fault('"prog" is not an id');
  const list = at.list(obs, '"obs"');
  list.forEach((value, index) => {
    const what = `obs[${index}]`;
    const step = at.record(value, what);
    const last = index === list.length - 1;
    if (step.i !== (last ? -1 : index))
      throw at.fault(`${what}.i is ${JSON.stringify(step.i)}, not ${last ? '-1, which ends a program' : index}`);
    checkStep(step, what, last, at);
  });
  if (list.length === 0) throw at.fault('"obs" is empty');
  return { id: String(prog), line: at.line, observations: list as readonly Observation[] };
}

function checkStep({ ret, err, f, o, d, v }: Fields, what: string, last: boolean, at: Place): void {
  if (last) checkWatched(f, `${what}.f`, isSeen, 'a byte or null', at);
  else if (!isInteger(ret)) throw at.fault(`${what}.ret is not a number`);
  if (err !== undefined && typeof err !== 'string') throw at.fault(`${what}.err is not a name`);
  checkWatched(o, `${what}.o`, isEntry, '0 or [class, value, mapcount, flags]', at);
  if (d !== undefined) checkSlots(d, `${what}.d`, isPinned, '[page, value]', at);
  if (v !== undefined) checkSlots(v, `${what}.v`, isByte, 'a byte', at);
}

function checkWatched(value: unknown, what: string, holds: (item: unknown) => boolean, shape: string, at: Place): void {
  for (const [p, regions] of Object.entries(at.record(value, what))) {
    if (!NUMBER.test(p)) throw at.fault(`${what} has a process ${JSON.stringify(p)}`);
    checkSlots(regions, `${what}.${p}`, holds, shape, at);
  }
}

function checkSlots(value: unknown, what: string, holds: (item: unknown) => boolean, shape: string, at: Place): void {
  for (const [key, items] of Object.entries(at.record(value, what))) {
    if (!NUMBER.test(key)) throw at.fault(`${what} has a key ${JSON.stringify(key)}, which is no number`);
    const list = at.list(items, `${what}.${key}`);
    for (let index = 0; index < list.length; index++) {
      if (!holds(list[index])) throw at.fault(`${what}.${key}[${index}] is ${short(list[index])}, not ${shape}`);
    }
  }
}

const NUMBER = /^\d{1,9}$/;
const FLAGS = /^[A-Za-z]*$/;
// Asked of a million values: no global is looked up.
const isInteger = (value: unknown): boolean => typeof value === 'number' && value % 1 === 0;
const isByte = (value: unknown): boolean => isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
const isSeen = (value: unknown): boolean => value === null || isByte(value);
const isPinned = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && isInteger(value[0]) && isByte(value[1]);

function isEntry(value: unknown): value is PageEntry {
  if (value === 0) return true;
  if (!Array.isArray(value) || value.length < 4) return false;
  const [frameClass, seen, mapcount, flags] = value as readonly unknown[];
  return isInteger(frameClass) && (frameClass as number) >= -1 && isSeen(seen) && isInteger(mapcount)
    && (mapcount as number) >= 0
    && typeof flags === 'string' && FLAGS.test(flags);
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}
