import { policyContract } from '@cowlab/testing';
import { describe, expect, it } from '@jest/globals';
import whatIf from './index.ts';

const asked = (options: object): unknown => whatIf.create({ ...whatIf.defaults, ...options }).traits;

describe('what-if', () => {
  it('changes nothing that is not asked about', () => {
    expect(whatIf.create(whatIf.defaults)).toEqual({ traits: {} });
  });

  it('puts the steps of fork() in another order', () => {
    expect(asked({ forkOrder: 'wrprotect-first' })).toEqual({ forkOrder: 'wrprotect-first' });
    expect(asked({ forkOrder: 'test-first' })).toEqual({ forkOrder: 'test-first' });
    expect(asked({ forkOrder: 'wrprotect-fence-has_pinned-ref' })).toEqual({
      forkOrder: ['wrprotect', 'fence', 'has-pinned', 'ref'],
    });
  });

  it('leaves steps out', () => {
    expect(
      asked({ gupSeqChecks: 'first', hasPinnedSet: 'after-grab', writeProtectSeq: 'false', exclusiveBarriers: 'true',
        unmapRechecks: 'false' }),
    )
      .toEqual({ gupSeqChecks: 'first', hasPinnedSet: 'after-grab', writeProtectSeq: false, exclusiveBarriers: true,
        unmapRechecks: false });
  });

  it('adds a pin in one atomic, or apart', () => {
    expect(asked({ pinAdd: 'apart' })).toEqual({ pinAdd: 'apart' });
    expect(() => asked({ pinAdd: 'twice' })).toThrow(/whole, apart/);
  });

  it.each([
    [{ forkOrder: 'wrprotect-has-pinned' },
      "option forkOrder cannot be 'wrprotect-has-pinned'; use test-first, wrprotect-first, or a list of "
      + 'wrprotect, has_pinned, ref, fence joined by dashes'],
    [{ gupSeqChecks: 'none' }, "option gupSeqChecks cannot be 'none'; use both, first, last"],
    [{ writeProtectSeq: 'yes' }, "option writeProtectSeq cannot be 'yes'; use true, false"],
  ])('refuses %j', (options, message) => {
    expect(() => asked(options)).toThrow(message);
  });
});

policyContract(whatIf, { runs: 50 });
