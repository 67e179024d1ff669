import { NAIVE_TRAITS } from '@cowlab/core';
import { describe, expect, it } from '@jest/globals';
import { bodyOf } from './define-policy.ts';

function problem(traits: unknown): string {
  try {
    bodyOf({ traits }, 'mine');
    return 'none';
  } catch (cause) {
    return (cause as Error).message;
  }
}

describe('the traits of a policy', () => {
  it('are those of a kernel, each by itself or all together', () => {
    expect(problem(NAIVE_TRAITS)).toBe('none');
    for (const [name, value] of Object.entries(NAIVE_TRAITS))
      expect(problem({ [name]: value as unknown })).toBe('none');
  });

  it('put the steps of fork() in any order, also one look at the pin count before and one after', () => {
    for (const forkOrder of ['wrprotect-first', ['wrprotect', 'fence', 'has-pinned', 'ref'], ['ref', 'wrprotect',
      'ref'], []]) expect(problem({ forkOrder })).toBe('none');
  });

  it.each([
    [{ writeProtectSq: true }, "plugin mine: has a trait 'writeProtectSq'; did you mean 'writeProtectSeq'?"],
    [{ speed: true }, "plugin mine: has a trait 'speed'; known: hasPinned, forkOrder, "],
    [{ forkOrder: 'wrprotect' },
      'plugin mine: trait \'forkOrder\' cannot be "wrprotect"; use test-first, wrprotect-first, or a '
      + 'list of wrprotect, has-pinned, ref, fence'],
    [{ forkOrder: ['wrprotect', 'pins'] },
      'plugin mine: trait \'forkOrder\' cannot be ["wrprotect","pins"]; use a list of wrprotect, has-pinned, ref, fence'],
    [{ writeProtectSeq: 'yes' }, 'plugin mine: trait \'writeProtectSeq\' cannot be "yes"; use true or false'],
    [{ gupSeqChecks: 'none' }, 'plugin mine: trait \'gupSeqChecks\' cannot be "none"; use both, first, last'],
    ['all', "plugin mine: `traits` is no object; write `traits: { forkOrder: 'wrprotect-first' }`"],
  ])('cannot be %j', (traits, message) => {
    expect(problem(traits).slice(0, message.length)).toBe(message);
  });
});
