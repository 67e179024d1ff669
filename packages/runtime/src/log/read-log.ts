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

/** @throws LogError and nothing else, whatever the text. `file` is what its message names. */
export function readLog(text: string, file: string): SavedLog {
  return new Reader(file).read(text);
}

type Fields = Readonly<Record<string, unknown>>;

const RECORD_AGAIN = 'take the log from where it was written, or record it again';

class Reader {
  private line = 0;
  private readonly sum = new LineSum();
  private readonly log: LogEntry[] = [];
  private readonly snapshots: Snapshot[] = [];
  private geometry: Geometry = { name: '', bits: 0, levels: 0 };
  /** Sections of a world, which a snapshot must have as many of. */
  private nrSections = 0;

  constructor(private readonly file: string) {}

  read(text: string): SavedLog {
    const lines = this.wholeLines(text);
    const header = this.header(lines[0]);
    for (this.line = 2; this.line <= lines.length; this.line++) {
      const line = lines[this.line - 1];
      const value = this.parse(line);
      if ('end' in value) {
        const hash = this.end(value, lines.length);
        return { file: this.file, ...header, geometry: this.geometry, log: this.log, snapshots: this.snapshots, hash };
      }
      this.sum.add(line);
      if ('snapshot' in value) this.snapshot(value);
      else this.entry(value);
    }
    this.line = lines.length;
    throw this.error('the log is truncated: it has no closing line', RECORD_AGAIN);
  }

  private wholeLines(text: string): string[] {
    const lines = text.split('\n');
    const torn = lines.pop() ?? '';
    this.line = lines.length + 1;
    if (torn !== '') throw this.error(`the log is torn: its last line has no line end (${quoted(torn)})`, RECORD_AGAIN);
    if (lines.length === 0) throw this.error('the log is empty', 'give a file that a lab has written');
    // Some ways of copying text turn line ends into CR LF.
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  private header(line: string): { readonly name: string; readonly policies: readonly string[] } {
    this.line = 1;
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

  private end(value: Fields, nrLines: number): string {
    this.fields(value, ['end'], 'the closing line');
    if (!isObject(value.end)) throw this.error('the closing line says nothing', RECORD_AGAIN);
    const { entries, hash, sum } = value.end;
    this.fields(value.end, ['entries', 'hash', 'sum'], 'the closing line');
    if (entries !== this.log.length)
      throw this.error(`the closing line counts ${shown(entries)} entries, there are ${this.log.length}`, RECORD_AGAIN);
    if (typeof hash !== 'string' || sum !== this.sum.closedWith(this.log.length, hash))
      throw this.error('the log was changed after it was closed: its sum differs', RECORD_AGAIN);
    if (this.line === nrLines) return hash;
    this.line++;
    throw this.error('there is more after the closing line', 'cut the file after its first closing line');
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
