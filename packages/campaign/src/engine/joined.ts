/** A database that another process of this machine holds, over its socket. */
import { connect, type Socket } from 'node:net';
import { CampaignError } from '../campaign-error.ts';
import type { Database, Queries, Row } from './database.ts';
import { type Answered, type Asked, onFrames, sendFrame } from './frames.ts';

interface Waiting {
  resolve(rows: readonly Row[]): void;
  reject(cause: Error): void;
}

type Question = Asked extends infer One ? One extends Asked ? Omit<One, 'id'> : never : never;

export class JoinedDatabase implements Database {
  readonly backend = 'pglite';
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private lost: Error | null = null;
  /** There is one transaction at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(readonly place: string, private readonly socket: Socket) {
    onFrames(socket, (answer) => this.take(answer as Answered));
    socket.on('error', (cause) => this.lose(cause));
    socket.on('close', () => this.lose(null));
  }

  /** @throws CampaignError when nobody holds it any more */
  static async open(path: string, place: string): Promise<JoinedDatabase> {
    const socket = connect(path);
    try {
      await new Promise<void>((ready, fail) => {
        socket.once('connect', ready);
        socket.once('error', fail);
      });
    } catch (cause) {
      throw new CampaignError(place, 'the process that held it is gone', 'go on with cowlab campaign resume', {
        cause,
      });
    }
    return new JoinedDatabase(place, socket);
  }

  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return this.ask({ ask: 'query', sql, values: values ?? null, inside: false });
  }

  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => this.inside(work));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async inside<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    await this.ask({ ask: 'begin' });
    try {
      const result = await work({
        query: (sql, values) => this.ask({ ask: 'query', sql, values: values ?? null, inside: true }),
      });
      await this.ask({ ask: 'commit' });
      return result;
    } catch (cause) {
      await this.ask({ ask: 'rollback' }).catch(() => undefined);
      throw cause;
    }
  }

  close(): Promise<void> {
    return new Promise((done) => {
      if (this.socket.destroyed) return done();
      this.socket.once('close', () => done());
      this.socket.end();
    });
  }

  private ask(question: Question): Promise<readonly Row[]> {
    if (this.lost !== null) return Promise.reject(this.lost);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      sendFrame(this.socket, { id, ...question });
    });
  }

  private take(answer: Answered): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('rows' in answer) waiting?.resolve(answer.rows);
    else waiting?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
  }

  private lose(cause: Error | null): void {
    this.lost ??= new CampaignError(this.place, 'the process that held it is gone', 'go on with cowlab campaign resume',
      { cause });
    for (const { reject } of this.waiting.values()) reject(this.lost);
    this.waiting.clear();
  }
}
