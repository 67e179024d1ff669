import { describe, expect, it } from '@jest/globals';
import { parseAxis } from './axis-syntax.ts';
import { type Axes, pointsOf, powers, product, range, sweepOf, zip } from './parameters.ts';
import { fillTemplate } from './template.ts';

describe('values of a parameter', () => {
  it.each([
    ['n=1,64,256', [1, 64, 256]],
    ['n=0..4', [0, 1, 2, 3, 4]],
    ['n=0..1024:256', [0, 256, 512, 768, 1024]],
    ['n=0..1:0.1', [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    ['n=1..5000*4', [1, 4, 16, 64, 256, 1024, 4096]],
    ['n=0,1..8*2,anon', [0, 1, 2, 4, 8, 'anon']],
    ['n=true,false', [true, false]],
  ])('%s', (text, values) => {
    expect(parseAxis(text)).toEqual(['n', values]);
  });

  it.each([
    ['pinned', '--set pinned: is no parameter with values; write it as NAME=1,2,3'],
    ['n=', '--set n=: is no parameter with values'],
    ['n=1,,2', '--set n=1,,2: a value is empty'],
    ['n=1...4', "--set n=1...4: '1...4' is no range"],
    ['n=4..1', 'range 4..1: holds no value; begin with the smaller one'],
    ['n=0..8*2', 'range 0..8: the factor is 2; begin above 0'],
    ['n=0..8:0', 'range 0..8: the step is 0; give a step above 0'],
    ['n=0..9000000', 'range 0..9000000: holds 9000001 values'],
  ])('%s is refused', (text, message) => {
    expect(() => parseAxis(text)).toThrow(message);
  });

  it('ranges and powers in code are the same as on the command line', () => {
    expect([range(0, 1024, 256), powers(1, 5000, 4)]).toEqual([parseAxis('n=0..1024:256')[1],
      parseAxis('n=1..5000*4')[1]]);
  });
});

describe('points', () => {
  const axes = { kind: ['anon', 'thp'], pinned: [1, 64] };

  it('are every combination, the last parameter changing fastest', () => {
    const wanted = [{ kind: 'anon', pinned: 1 }, { kind: 'anon', pinned: 64 }, { kind: 'thp', pinned: 1 }, {
      kind: 'thp',
      pinned: 64,
    }];
    expect(pointsOf(product(axes))).toEqual(wanted);
    expect(pointsOf(sweepOf(axes))).toEqual(wanted);
  });

  it('are the lists side by side under zip, which takes lists of one length', () => {
    expect(pointsOf(zip(axes))).toEqual([{ kind: 'anon', pinned: 1 }, { kind: 'thp', pinned: 64 }]);
    expect(() => pointsOf(zip({ ...axes, n: [1] }))).toThrow(
      "parameter 'n': has 1 values and 'kind' 2; zip takes lists of one length",
    );
  });

  it('are a single one where nothing is varied', () => {
    expect(pointsOf(sweepOf({}))).toEqual([{}]);
  });

  it.each<[Axes, string]>([
    [{ lane: [1] }, "parameter 'lane': the name is taken"],
    [{ '2n': [1] }, "parameter '2n': is no usable name"],
    [{ n: [] }, "parameter 'n': has no values; write it as n: [1, 2, 3]"],
    [{ n: [null as unknown as number] }, "parameter 'n': has the value null"],
  ])('%j is refused', (odd, message) => {
    expect(() => sweepOf(odd)).toThrow(message);
  });
});

describe('a text with parameters', () => {
  it('has their values where the names stand', () => {
    expect(fillTemplate('mmap 0 0 ${kind} ${pages}\nfork 0 1', { kind: 'thp', pages: 512 }, 'a.cow')).toBe(
      'mmap 0 0 thp 512\nfork 0 1',
    );
  });

  it('names line and column of a name that has no values', () => {
    const fill = (point: Record<string, number>) => () =>
      fillTemplate('question x\npin 0 0 0 0 ${pined}', point, 'a.cow');
    expect(fill({ pinned: 1 })).toThrow("a.cow:2:13: ${pined} is no parameter of the sweep; did you mean 'pinned'?");
    expect(fill({})).toThrow('a.cow:2:13: ${pined} is no parameter of the sweep; give its values: --set pined=1,2,3');
  });
});
