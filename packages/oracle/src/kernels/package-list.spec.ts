import { describe, expect, it } from '@jest/globals';
import { DISTRIBUTIONS } from './distribution.ts';
import { chooseKernel, newestOfSeries } from './kernel.ts';
import { parsePackageList } from './package-list.ts';

const [debian, ubuntu] = DISTRIBUTIONS;
const stanza = (name: string, version: string, size = 1): string =>
  `Package: ${name}\nVersion: ${version}\nInstalled-Size: 82624\nDescription: Linux\n Version: not this\nSize: ${size}\n`;
const list = (...stanzas: readonly string[]): string => stanzas.join('\n');

describe('the package list of Debian', () => {
  const kernels = parsePackageList(list(
    stanza('linux-image-6.12.107+deb13-cloud-amd64', '6.12.107-1', 34_402_644),
    stanza('linux-image-5.10.0-32-cloud-amd64', '5.10.223-1'),
    stanza('linux-image-5.10.0-9-cloud-amd64', '5.10.70-1'),
    stanza('linux-image-6.1-cloud-amd64', '6.1.176-1~deb11u1'),
    stanza('linux-image-6.1.0-50-amd64', '6.1.176-1'),
    stanza('linux-image-cloud-amd64', '6.1.176-1'),
    stanza('linux-image-7.3.4+deb13-cloud-amd64', '7.3.4-1~bpo13+1', 1928),
    stanza('linux-binary-7.3.4+deb13-cloud-amd64', '7.3.4-1~bpo13+1', 13_600_000),
    stanza('linux-image-6.1.0-50-cloud-amd64', '6.1.176-1'),
    stanza('linux-image-6.1.0-50-cloud-amd64', '6.1.175-1'),
  ), debian);

  it('names kernels for clouds, the oldest first', () => {
    expect(kernels.map(({ release, version }) => `${release} ${version}`)).toEqual(['5.10.0-9-cloud-amd64 5.10.70',
      '5.10.0-32-cloud-amd64 5.10.223', '6.1.0-50-cloud-amd64 6.1.176', '6.12.107+deb13-cloud-amd64 6.12.107',
      '7.3.4+deb13-cloud-amd64 7.3.4']);
  });

  it('names the package that holds the image where the image package is empty', () => {
    expect(kernels.at(-1)).toMatchObject({ package: 'linux-binary-7.3.4+deb13-cloud-amd64',
      packageVersion: '7.3.4-1~bpo13+1', sizeBytes: 13_600_000 });
  });

  it('names the first version of a package, which is the newest', () => {
    expect(kernels.find(({ release }) => release === '6.1.0-50-cloud-amd64')?.packageVersion).toBe('6.1.176-1');
  });

  it('is asked for a release, a version, a series or the newest', () => {
    const chosen = (wanted: string): string | undefined => chooseKernel(wanted, kernels)?.release;
    expect(chosen('5.10.0-9-cloud-amd64')).toBe('5.10.0-9-cloud-amd64');
    expect(chosen('5.10.70')).toBe('5.10.0-9-cloud-amd64');
    expect(chosen('5.10')).toBe('5.10.0-32-cloud-amd64');
    expect(chosen('newest')).toBe('7.3.4+deb13-cloud-amd64');
    expect(chosen('6.1')).toBe('6.1.0-50-cloud-amd64');
    expect([chosen('5.1'), chosen('6'), chosen('')]).toEqual([undefined, undefined, undefined]);
  });

  it('has one newest kernel a series', () =>
    expect(newestOfSeries(kernels).map(({ version }) => version)).toEqual(['5.10.223', '6.1.176', '6.12.107',
      '7.3.4']));
});

describe('the package list of Ubuntu', () => {
  it('names generic kernels by their build, signed where that is to be had', () => {
    const kernels = parsePackageList(list(
      stanza('linux-image-unsigned-6.8.0-31-generic', '6.8.0-31.31'),
      stanza('linux-image-6.8.0-31-generic', '6.8.0-31.31'),
      stanza('linux-image-unsigned-5.15.0-25-generic', '5.15.0-25.25'),
      stanza('linux-image-6.8.0-31-lowlatency', '6.8.0-31.31'),
    ), ubuntu);
    expect(kernels.map(({ version, package: name }) => `${version} ${name}`)).toEqual([
      '5.15.0-25 linux-image-unsigned-5.15.0-25-generic',
      '6.8.0-31 linux-image-6.8.0-31-generic',
    ]);
    expect(chooseKernel('6.8', kernels)?.release).toBe('6.8.0-31-generic');
  });
});

it('the list of something else names no kernel', () =>
  expect(parsePackageList('E: No packages found\n', debian)).toEqual([]));
