import { describe, expect, it } from '@jest/globals';
import { laws, SHORT } from '../contract/contract.ts';
import { fileStore, longFileStore } from '../contract/places.ts';

describe('a journal in file segments', () => {
  const store = fileStore();
  for (const { title, run } of laws) {
    it(title, async () => {
      expect(await run(title.includes('flat memory') ? longFileStore() : store, SHORT)).not.toBe('');
    }, 120_000);
  }
});
