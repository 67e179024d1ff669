/**
 * Reading a log back. It either comes out as it was written or is refused with the line to look at: half a log would
 * replay to a world that never was.
 */

import { type Geometry, loadWorld, type LogEntry, type SavedWorld, World } from '@cowlab/core';
import { commandProblem, resultProblem } from './command-shapes.ts';
import { eventProblem } from './event-shapes.ts';
import { LogError, quoted, shown } from './log-error.ts';
import { LineSum, LOG_VERSION } from './log-lines.ts';
import type { SavedLog, Snapshot } from './log-source.ts';
import { isObject } from './shape.ts';

/**
 * @param text whole, or its lines with their ends: a log may be longer than the longest string
 * @throws LogError and nothing else, whatever the text. `file` is what its message names.
 */
export function readLog(text: string | Iterable<string>, file: string): SavedLog {
  return new Reader(file).read(typeof text === 'string' ? linesOf(text) : text);
}

/**
 * The log of a run that may have been cut: what was written of it until then, the last line left out where it is torn.
 * Without a closing line it is `partial`, and nothing but its own facts vouches for the world it leads to.
 * @throws LogError when not even its beginning is one
 */
export function readLogSoFar(text: string | Iterable<string>, file: string): SavedLog {
  return new Reader(file, true).read(typeof text === 'string' ? linesOf(text) : text);
}

function* linesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    yield text.slice(at, end);
    at = end;
  }
}

type Fields = Readonly<Record<string, unknown>>;

interface Header {
  readonly name: string;
  readonly policies: readonly string[];
}

const CUT = 'cut the file after its first closing line';
const RECORD_AGAIN = 'take the log from where it was written, or record it again';

class Reader {
  private line = 0;
  private readonly sum = new LineSum();
  private readonly log: LogEntry[] = [];
  private readonly snapshots: Snapshot[] = [];
  private geometry: Geometry = { name: '', bits: 0, levels: 0 };
  /** Sections of a world, which a snapshot must have as many of. */
  private nrSections = 0;

  constructor(private readonly file: string, private readonly soFar = false) {}

  read(lines: Iterable<string>): SavedLog {
    let header: Header | null = null;
    let hash: string | null = null;
    for (const whole of lines) {
      this.line++;
      if (!whole.endsWith('\n')) {
        if (this.soFar && header !== null) break;
        throw this.error(`the log is torn: its last line has no line end (${quoted(whole)})`, RECORD_AGAIN);
      }
      if (hash !== null) throw this.error('there is more after the closing line', CUT);
      // Some ways of copying text turn line ends into CR LF.
      const line = whole.slice(0, whole.endsWith('\r\n') ? -2 : -1);
      if (header === null) header = this.header(line);
      else hash = this.take(line);
    }
    if (header === null) {
      this.line = 1;
      throw this.error('the log is empty', 'give a file that a lab has written');
    }
    if (hash === null && !this.soFar)
      throw this.error('the log is truncated: it has no closing line', RECORD_AGAIN);
    return { file: this.file, ...header, geometry: this.geometry, log: this.log, snapshots: this.snapshots,
      hash: hash ?? '', ...(hash === null && { partial: true }) };
  }

  /** The hash that a closing line says; null for other lines. */
  private take(line: string): string | null {
    const value = this.parse(line);
    if ('end' in value) return this.end(value);
    this.sum.add(line);
    if ('snapshot' in value) this.snapshot(value);
    else this.entry(value);
    return null;
  }

  private header(line: string): Header {
    const value = this.parse(line);
    if (value.cowlab !== 'log') throw this.error('this is not a cowlab log', 'give a file that a lab has written');
    if (value.version !== LOG_VERSION) {
      throw this.error(`unknown log version ${shown(value.version)}`,
        `read it with the cowlab that wrote it; this one reads version ${LOG_VERSION}`);
    }
    const { name, policies, geometry } = value;
    this.fields(value, ['cowlab', 'version', 'geometry', 'policies', 'name'], 'the header');
    if (typeof name !== 'string') throw this.error('the name is not a string', RECORD_AGAIN);
    if (!Array.isArray(policies) || !policies.every((id) => typeof id === 'string'))
      throw this.error('the policies are not a list of ids', RECORD_AGAIN);
    if (!isGeometry(geometry)) throw this.error(`no geometry: ${shown(geometry)}`, RECORD_AGAIN);
    this.geometry = geometry;
    this.nrSections = new World(geometry).save().caps.length;
    this.sum.add(line);
    return { name, policies };
  }

  private entry(value: Fields): void {
    const position = this.log.length;
    this.fields(value, ['position', 'command', 'events', 'result'], 'an entry');
    if (value.position !== position)
      throw this.error(`entry ${shown(value.position)} where entry ${position} belongs`, RECORD_AGAIN);
    const wrong = commandProblem(value.command, this.geometry) ?? this.eventsProblem(value.events)
      ?? resultProblem(value.result);
    if (wrong !== null)
      throw this.error(`entry ${position}: ${wrong}`, 'read it with the cowlab that wrote it, or record it again');
    this.log.push(value as unknown as LogEntry);
  }

  private eventsProblem(events: unknown): string | null {
    if (!Array.isArray(events)) return 'events is not a list';
    for (const event of events) {
      const wrong = eventProblem(event, this.geometry);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  private snapshot(value: Fields): void {
    this.fields(value, ['snapshot'], 'a snapshot line');
    if (!isObject(value.snapshot)) throw this.error('the snapshot is not an object', RECORD_AGAIN);
    const { position, ...saved } = value.snapshot;
    this.fields(value.snapshot, ['position', 'geometry', 'caps', 'hash', 'words'], 'a snapshot');
    const previous = this.snapshots.at(-1)?.position ?? -1;
    if (position !== this.log.length || position <= previous)
      throw this.error(`a snapshot of position ${shown(position)} at position ${this.log.length}`, RECORD_AGAIN);
    if (!this.isSavedWorld(saved)) throw this.error('the snapshot is not a saved world of this geometry', RECORD_AGAIN);
    this.snapshots.push({ position, world: this.loader(saved), saved: () => saved });
  }

  private isSavedWorld(saved: Fields): saved is Fields & SavedWorld {
    const { name, bits, levels } = this.geometry;
    const { geometry, caps, hash, words } = saved;
    return isGeometry(geometry) && geometry.name === name && geometry.bits === bits && geometry.levels === levels
      && typeof hash === 'string' && typeof words === 'string'
      && Array.isArray(caps) && caps.length === this.nrSections
      && caps.every((cap) => Number.isSafeInteger(cap) && cap >= 0);
  }

  /** Unpacked when it is asked for: a long log may hold many. */
  private loader(saved: SavedWorld): () => World {
    const { file, line } = this;
    return () => {
      try {
        return loadWorld(saved);
      } catch (cause) {
        throw new LogError(file, line, cause instanceof Error ? cause.message : String(cause), RECORD_AGAIN, { cause });
      }
    };
  }

  private end(value: Fields): string {
    this.fields(value, ['end'], 'the closing line');
    if (!isObject(value.end)) throw this.error('the closing line says nothing', RECORD_AGAIN);
    const { entries, hash, sum } = value.end;
    this.fields(value.end, ['entries', 'hash', 'sum'], 'the closing line');
    if (entries !== this.log.length)
      throw this.error(`the closing line counts ${shown(entries)} entries, there are ${this.log.length}`, RECORD_AGAIN);
    if (typeof hash !== 'string' || sum !== this.sum.closedWith(this.log.length, hash))
      throw this.error('the log was changed after it was closed: its sum differs', RECORD_AGAIN);
    return hash;
  }

  private parse(line: string): Fields {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw this.error(`not JSON: ${quoted(line)}`, RECORD_AGAIN, { cause });
    }
    if (!isObject(value)) throw this.error(`not a JSON object: ${quoted(line)}`, RECORD_AGAIN);
    return value;
  }

  /** Exactly these: an unknown field is one whose meaning is lost. */
  private fields(value: Fields, names: readonly string[], what: string): void {
    for (const name of names)
      if (!Object.hasOwn(value, name)) throw this.error(`${what} lacks "${name}"`, RECORD_AGAIN);
    for (const name of Object.keys(value))
      if (!names.includes(name)) throw this.error(`${what} has an unknown field ${shown(name)}`, RECORD_AGAIN);
  }

  private error(what: string, mend: string, options?: ErrorOptions): LogError {
    return new LogError(this.file, this.line, what, mend, options);
  }
}

function isGeometry(value: unknown): value is Geometry {
  if (!isObject(value)) return false;
  const { name, bits, levels, ...rest } = value;
  const small = (n: unknown, least: number, most: number): boolean =>
    Number.isSafeInteger(n) && (n as number) >= least && (n as number) <= most;
  return typeof name === 'string' && small(bits, 1, 9) && small(levels, 2, 4) && Object.keys(rest).length === 0;
}
