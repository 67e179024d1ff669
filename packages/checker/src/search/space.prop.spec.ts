import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Outgrown, Space } from './space.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 40 });

describe('a space of packed states', () => {
  it('finds exactly the states again that it holds', () => {
    fc.assert(
      fc.property(sizes, fc.array(fc.array(fc.nat(2999), { minLength: 1, maxLength: 40 }), { maxLength: 200 }),
        (fields, states) => {
          const space = new Space(fields, 4);
          const known = new Map<string, number>();
          for (const state of states) {
            const values = fields.map((size, field) => (state[field % state.length] ?? 0) % size);
            space.draft(-1);
            values.forEach((value, field) => space.set(field, value));
            const number = space.keep(-1, 0);
            const before = known.get(values.join());
            expect(number).toBe(before === undefined ? known.size : -1 - before);
            if (before === undefined) known.set(values.join(), number);
          }
          for (const [text, number] of known)
            expect(fields.map((_, field) => space.get(number, field)).join()).toBe(text);
        }),
      { seed: 1 },
    );
  });

  it('keeps numbers and values when it moves to a roomier layout', () => {
    fc.assert(fc.property(sizes, fc.array(fc.nat(2999), { minLength: 1, maxLength: 60 }), (fields, seeds) => {
      const space = new Space(fields, 4);
      for (const seed of seeds) {
        space.draft(-1);
        fields.forEach((size, field) => space.set(field, (seed + field) % size));
        space.keep(space.count - 1, 3);
      }
      const moved = space.moved([...fields.map((size) => size * 3), 4, 4]);
      expect(moved.count).toBe(space.count);
      for (let state = 0; state < space.count; state++) {
        expect(fields.map((_, field) => moved.get(state, field))).toEqual(
          fields.map((_, field) => space.get(state, field)),
        );
        expect(moved.get(state, fields.length)).toBe(0);
        expect(moved.parent[state]).toBe(space.parent[state]);
      }
    }), { seed: 1 });
  });

  it('says when a value does not fit', () => {
    const space = new Space([2, 1]);
    space.draft(-1);
    space.set(0, 1);
    expect(() => space.set(0, 2)).toThrow(Outgrown);
    expect(() => space.set(1, 1)).toThrow(Outgrown);
  });
});
