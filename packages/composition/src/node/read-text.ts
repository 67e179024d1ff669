/**
 * Files of text, whoever made them: only regular ones are opened, for a pipe may never end; and none is unpacked beyond
 * what a text can hold, for a small file may be a large one zipped.
 */
import { closeSync, constants as flags, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { constants } from 'node:buffer';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { memberBytes } from './cowtrace.ts';
import { isPacked, unpacked, UnpackedTooLarge, type UnpackLimits } from './unpack.ts';
import { STDIN } from './examples.ts';

/** Bytes of a text, unpacked: the engine's strings are no longer. */
export const TEXT_BYTES_MAX = constants.MAX_STRING_LENGTH;
const MIB = Math.floor(TEXT_BYTES_MAX / 2 ** 20);

/** What is at `path`, links followed. What cannot be looked at (a loop of links, a name too long) is not there. */
export function lookAt(path: string): 'file' | 'folder' | 'other' | 'nothing' {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return 'nothing';
    return there.isFile() ? 'file' : there.isDirectory() ? 'folder' : 'other';
  } catch {
    return 'nothing';
  }
}

/**
 * A file's text, unpacked if it is packed. `name` is what complaints call it.
 * @throws CompositionError
 */
export function readText(
  path: string,
  name = basename(path),
  bytesMax = TEXT_BYTES_MAX,
  torn: UnpackLimits['torn'] = 'refused',
): string {
  const read = (fd: number): string => {
    if (fstatSync(fd).size > bytesMax) throw tooLarge(name, bytesMax);
    try {
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(unpacked(readFileSync(fd), { bytesMax, torn }));
    } catch (cause) {
      throw cause instanceof UnpackedTooLarge ? tooLarge(name, bytesMax) : cause;
    }
  };
  return path === STDIN ? guarded(name, () => read(0)) : withFile(path, name, read);
}

/**
 * The text of a recording, which may stand in a .cowtrace: what a recorder wrote before it was killed counts.
 * @throws CompositionError
 */
export function readRecordingText(path: string, name = basename(path)): string {
  const inner = memberBytes(path, name, TEXT_BYTES_MAX);
  if (inner !== null) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(inner);
  return readText(path, name, TEXT_BYTES_MAX, 'kept');
}

/**
 * A file's lines with their line ends, one after the other: a text that is no longer one string can be read so. (One
 * that is zipped is unpacked first, within the limit.)
 * @throws CompositionError
 */
export function* readLines(path: string, name = basename(path)): Generator<string, void, undefined> {
  const fd = withFile(path, name, (it) => it, false);
  try {
    const chunk = Buffer.alloc(1 << 20);
    let nr = guarded(name, () => readSync(fd, chunk, 0, chunk.length, 0));
    if (isPacked(chunk.subarray(0, nr))) return yield* linesOf(readText(path, name));
    const decoder = new StringDecoder('utf8');
    let pieces: string[] = [];
    let length = 0;
    for (let at = 0; nr > 0; nr = guarded(name, () => readSync(fd, chunk, 0, chunk.length, at))) {
      at += nr;
      const text = decoder.write(chunk.subarray(0, nr));
      const cut = text.lastIndexOf('\n') + 1;
      if (cut > 0) {
        yield* linesOf(pieces.join('') + text.slice(0, cut));
        pieces = [];
        length = 0;
      }
      pieces.push(text.slice(cut));
      length += text.length - cut;
      if (length > LINE_MAX) throw tooLarge(`${name}: a line`, LINE_MAX);
    }
    yield* linesOf(pieces.join('') + decoder.end());
  } finally {
    closeSync(fd);
  }
}

/** With a chunk of more lines it must still be one string. */
const LINE_MAX = TEXT_BYTES_MAX - (1 << 20);

function* linesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    yield text.slice(at, end);
    at = end;
  }
}

/** An opened regular file, to use; closed behind it unless it is kept. @throws CompositionError */
export function withFile<Value>(path: string, name: string, use: (fd: number) => Value, close = true): Value {
  return guarded(name, () => {
    // Opening a pipe for reading waits for a writer unless it is told not to.
    const fd = openSync(path, flags.O_RDONLY | flags.O_NONBLOCK | flags.O_NOCTTY);
    let isKept = false;
    try {
      const there = fstatSync(fd);
      if (!there.isFile()) {
        const what = there.isDirectory() ? 'is a folder' : 'is no regular file';
        throw new CompositionError(name, what, 'give a file');
      }
      const value = use(fd);
      isKept = !close;
      return value;
    } finally {
      if (!isKept) closeSync(fd);
    }
  });
}

function guarded<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CompositionError) throw cause;
    throw new CompositionError(name, `cannot be read (${reasonOf(cause)})`, 'check the path, or copy the file again', {
      cause,
    });
  }
}

function tooLarge(name: string, bytesMax: number): CompositionError {
  const limit = bytesMax < TEXT_BYTES_MAX ? `${bytesMax} bytes` : `${MIB} MiB`;
  return new CompositionError(name, `holds more than ${limit}, unpacked`, 'cut it into smaller files');
}
