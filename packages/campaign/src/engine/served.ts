/**
 * A database of this process for the other processes of this machine, behind a socket in a folder that only this user
 * may enter. A process that dies in the middle of a transaction takes it back by that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database, Queries, Row } from './database.ts';
import { type Answered, type Asked, onFrames, sendFrame } from './frames.ts';

export interface Served {
  readonly socket: string;
  close(): Promise<void>;
}

export async function serve(database: Database): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-engine-'));
  const path = join(folder, 'engine');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    new Guest(socket, database);
  });
  await new Promise<void>((ready, fail) => {
    server.once('error', fail);
    server.listen(path, ready);
  });
  return { socket: path, close: async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of open) socket.destroy();
    await closed;
    rmSync(folder, { recursive: true, force: true });
  } };
}

/** One of the other processes. */
class Guest {
  /** Its transaction, while there is one. */
  private inside: { readonly queries: Queries; end(kept: boolean): void } | null = null;
  private ended: Promise<void> = Promise.resolve();
  private gone = false;

  constructor(private readonly socket: Socket, private readonly database: Database) {
    onFrames(socket, (asked) => void this.answer(asked as Asked));
    // Whoever is cut off learns of it by that alone.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.gone = true;
      this.inside?.end(false);
    });
  }

  private async answer(asked: Asked): Promise<void> {
    const { id } = asked;
    try {
      this.say({ id, rows: await this.rows(asked) });
    } catch (cause) {
      const { message, code } = cause as { readonly message?: string; readonly code?: unknown };
      this.say({ id, error: { message: message ?? String(cause), code: typeof code === 'string' ? code : null } });
    }
  }

  private async rows(asked: Asked): Promise<readonly Row[]> {
    if (asked.ask === 'query') {
      const queries = asked.inside ? this.inside?.queries : this.database;
      if (queries === undefined) throw new Error('there is no transaction to ask in');
      return queries.query(asked.sql, asked.values ?? undefined);
    }
    if (asked.ask === 'begin') await this.begin();
    else {
      this.inside?.end(asked.ask === 'commit');
      await this.ended;
    }
    return [];
  }

  private begin(): Promise<void> {
    return new Promise((began, fail) => {
      const work = (queries: Queries): Promise<void> =>
        new Promise((commit, rollback) => {
          const end = (kept: boolean): void => (kept ? commit() : rollback(new TakenBack()));
          this.inside = { queries, end };
          began();
          // It may have gone while this waited for its turn.
          if (this.gone) end(false);
        });
      this.ended = this.database.transaction(work).catch((cause: unknown) => {
        if (!(cause instanceof TakenBack)) throw cause;
      }).finally(() => (this.inside = null));
      this.ended.catch(fail);
    });
  }

  private say(answer: Answered): void {
    if (!this.gone) sendFrame(this.socket, answer);
  }
}

class TakenBack extends Error {}
