import { describe, expect, it } from '@jest/globals';
import { laws, SHORT } from '../contract/contract.ts';
import { libsqlStore } from '../contract/places.ts';

describe('a journal in libsql', () => {
  const store = libsqlStore();
  for (const { title, run } of laws) {
    it(title, async () => {
      expect(await run(store, SHORT)).not.toBe('');
    }, 120_000);
  }
});
