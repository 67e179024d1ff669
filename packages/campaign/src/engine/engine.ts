/** An engine as a command uses it: the database with its tables, and the queue where units are entered or taken. */
import { UnitQueue } from '../queue/unit-queue.ts';
import type { Database } from './database.ts';
import { type EngineSettings, openEngine } from './open-engine.ts';
import { makeTables } from './tables.ts';

export interface Engine {
  readonly database: Database;
  readonly queue: UnitQueue;
  close(): Promise<void>;
}

/** With its queue: to enter units, to take them, to try them again. `supervises`: it looks for dead workers, too. */
export async function openWithQueue(address: string, { supervises = false, ...settings }: EngineSettings & {
  readonly supervises?: boolean;
} = {}): Promise<Engine> {
  const database = await openToLook(address, settings);
  try {
    const queue = await UnitQueue.open(database, supervises);
    return { database, queue, close: async () => {
      await queue.close();
      await database.close();
    } };
  } catch (cause) {
    await database.close().catch(() => undefined);
    throw cause;
  }
}

/** To read what is there. @throws CampaignError */
export async function openToLook(address: string, settings: EngineSettings = {}): Promise<Database> {
  const database = await openEngine(address, settings);
  try {
    await makeTables(database);
    return database;
  } catch (cause) {
    await database.close().catch(() => undefined);
    throw cause;
  }
}
