import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { laws, SHORT } from '../contract/contract.ts';
import { pgliteStore } from '../contract/places.ts';

describe('a journal in PostgreSQL', () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await PGlite.create('memory://');
  }, 120_000);
  afterAll(() => database.close());

  for (const { title, run } of laws) {
    // What cannot be tried on a database inside this process is tried on a server, by `npm run soak`.
    const untried = ['a full disk', 'a writer that is killed', 'two processes'].some((law) => title.startsWith(law));
    (untried ? it.skip : it)(title, async () => {
      expect(await run(pgliteStore(database), SHORT)).not.toBe('');
    }, 120_000);
  }
});
