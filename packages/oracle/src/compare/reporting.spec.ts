import { describe, expect, it } from '@jest/globals';
import { compareReleases, reportingOf } from './reporting.ts';

describe('kernels report the same page differently', () => {
  it.each([
    ['5.10', { exclusive: 'never', hugeZeroIsFile: false, mappedExclusively: 'by-head', protection: false }],
    ['5.18', { exclusive: 'never', hugeZeroIsFile: false, mappedExclusively: 'by-head', protection: true }],
    ['6.1', { exclusive: 'by-page', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
    ['6.8', { exclusive: 'by-page', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
    ['6.12', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-page', protection: true }],
    ['6.12.107', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-page', protection: true }],
    ['6.18.44', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
    ['7.2', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
  ])('%s', (kernel, reporting) => expect(reportingOf(kernel)).toEqual(reporting));

  it('a kernel without a release is taken for an old one', () => expect(reportingOf('mine').exclusive).toBe('never'));
});

describe('releases', () => {
  it('are ordered by their numbers, a candidate before its release', () => {
    const ordered = ['4.19', '5.8', '5.9-rc1', '5.9-rc5', '5.9-rc10', '5.9', '5.9.1', '5.10', '6.0-rc1', '6.0', '6.12'];
    expect([...ordered].reverse().sort(compareReleases)).toEqual(ordered);
  });
});
