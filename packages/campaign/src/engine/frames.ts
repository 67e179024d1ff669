/**
 * What goes between a process that holds PGlite and the others of this machine: values as a structured clone, each
 * behind its length. JSON would lose dates and bytes.
 */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

/** What is asked. A transaction is begun, and all that is asked with `inside` until its end belongs to it. */
export type Asked =
  | { readonly id: number; readonly ask: 'query'; readonly sql: string; readonly values: readonly unknown[] | null;
    readonly inside: boolean }
  | { readonly id: number; readonly ask: 'begin' | 'commit' | 'rollback' };

export type Answered =
  | { readonly id: number; readonly rows: readonly Readonly<Record<string, unknown>>[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string | null } };

export function sendFrame(socket: Socket, value: Asked | Answered): void {
  const body = serialize(value);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}

export function onFrames(socket: Socket, take: (value: unknown) => void): void {
  let waiting: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    while (waiting.length >= 4) {
      const end = 4 + waiting.readUInt32LE(0);
      if (waiting.length < end) return;
      const value: unknown = deserialize(waiting.subarray(4, end));
      waiting = waiting.subarray(end);
      take(value);
    }
  });
}
