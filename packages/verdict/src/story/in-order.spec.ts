import { describe, expect, it } from '@jest/globals';
import { InOrder } from './in-order.ts';

describe('calls in the order in which they took effect', () => {
  it('wait for one that counts at its first line and is not whole', () => {
    const used: number[] = [];
    const order = new InOrder<number>((line) => used.push(line));
    order.add(1, 1);
    order.hold(2);
    order.hold(4);
    order.add(3, 3);
    order.add(5, 5);
    expect(used).toEqual([1]);
    order.release(4);
    order.add(4, 4);
    expect(used).toEqual([1]);
    order.release(2);
    order.add(2, 2);
    expect(used).toEqual([1, 2, 3, 4, 5]);
  });
});
