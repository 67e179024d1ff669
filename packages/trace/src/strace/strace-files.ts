/**
 * strace -ff writes one file a process, NAME.PID, without the pid in its lines: they are put together into one
 * recording. By their times where they have a clock; else a child's lines follow the call that made it, and what
 * happened at the same time elsewhere is not known.
 */
import { Clock, headOf } from './strace-line.ts';

export interface StraceFile {
  readonly pid: number;
  readonly text: string;
}

interface Piece {
  readonly micros: number;
  /** A line, and what belongs to it: a stack below it. */
  readonly lines: string[];
}

export function joinFiles(files: readonly StraceFile[]): string {
  const pieces = files.map(({ pid, text }) => ({ pid, pieces: piecesOf(text, pid) }));
  const timed = files.every(({ text }) => /^(day|epoch|seconds)$/.test(headOf(text.split('\n', 1)[0]).times));
  const order = timed
    ? pieces.flatMap((file) => file.pieces).sort((a, b) => a.micros - b.micros)
    : nested(pieces);
  const joined = order.flatMap(({ lines }) => lines).join('\n');
  // A last line that was torn stays so: it belongs to the file that stops there.
  const torn = files.some(({ text }) => text !== '' && !text.endsWith('\n'));
  return torn ? joined : `${joined}\n`;
}

function piecesOf(text: string, pid: number): Piece[] {
  const clock = new Clock();
  const pieces: Piece[] = [];
  for (const [index, line] of (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').entries()) {
    const head = headOf(line);
    const belongs = pieces.length > 0 && /^ > /.test(line);
    if (belongs) pieces.at(-1)?.lines.push(line);
    else pieces.push({ micros: clock.at(head, index), lines: [head.pids === 'no pid' ? `${pid} ${line}` : line] });
  }
  return pieces;
}

const MADE = /\b(?:clone3?|v?fork)(?:\(| resumed>).*\) += (\d+)/;

function nested(files: readonly { readonly pid: number; readonly pieces: readonly Piece[] }[]): Piece[] {
  const byPid = new Map(files.map((file) => [file.pid, file.pieces]));
  const done = new Set<number>();
  const put = (pid: number): Piece[] => {
    if (done.has(pid)) return [];
    done.add(pid);
    return (byPid.get(pid) ?? []).flatMap((piece) => {
      const child = Number(MADE.exec(piece.lines[0])?.[1] ?? 0);
      return byPid.has(child) ? [piece, ...put(child)] : [piece];
    });
  };
  const made = new Set(files.flatMap(({ pieces }) => pieces.map(({ lines }) => Number(MADE.exec(lines[0])?.[1] ?? 0))));
  return [...files.filter(({ pid }) => !made.has(pid)), ...files].flatMap(({ pid }) => put(pid));
}
